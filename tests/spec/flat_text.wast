;; Flat text, with labels and ends that name them, comments everywhere.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $f (export "f") (param $n i32) (result i32)
    (local $sum i32) ;; the sum
    block $out ;; leaves
      loop $again (; here ;)
        local.get $n i32.eqz
        br_if $out
        local.get $sum
        local.get $n
        call $next ;; pauses
        i32.add ;; adds
        local.set $sum
        ;; on
        local.get $n
        i32.const 1
        i32.sub
        local.set $n
        local.get $n i32.const 1 i32.and
        if $odd
          i32.const 0 call $next drop
        else $odd
          i32.const 1 call $next
          drop
        end $odd
        br $again
      end $again
    end $out
    local.get $sum
    ;; the end
  )
)
(assert_return (invoke "f" (i32.const 5)) (i32.const 265))
