;; A pause in the condition of a loop, on the way back and on the way out.
(module
  (import "spectest" "print->i32" (func $next (result i32)))
  (memory (export "memory") 1)
  (func (export "back") (result i32) (local $turns i32)
    (loop $again
      (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (br_if $again (i32.lt_s (call $next) (i32.const 60))))
    (local.get $turns)
  )
  (func (export "out") (result i32) (local $turns i32)
    block $out
      loop $again
        call $next
        i32.const 120
        i32.ge_s
        br_if $out
        local.get $turns
        i32.const 1
        i32.add
        local.set $turns
        br $again
      end
    end
    local.get $turns
  )
)
(assert_return (invoke "back") (i32.const 6))
(assert_return (invoke "out") (i32.const 5))
