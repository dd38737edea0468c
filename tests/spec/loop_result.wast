;; Loops with results and with parameters, paused inside.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "result") (result i32) (local $i i32)
    (i32.mul (i32.const 2)
      (loop $again (result i32)
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $again (i32.lt_s (call $next (i32.const 0)) (i32.const 40)))
        (i32.mul (local.get $i) (i32.const 100))))
  )
  (func (export "parameter") (param $n i32) (result i32)
    i32.const 1
    local.get $n
    loop $again (param i32 i32) (result i32)
      local.set $n
      local.get $n
      call $next
      i32.add
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      local.get $n
      br_if $again
      drop
    end
  )
  (func (export "folded") (param $n i32) (result i32 i64)
    (i32.const 7) (i64.const 1)
    (loop $again (param i32 i64) (result i32 i64)
      (i64.add (i64.extend_i32_s (call $next (local.get $n))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))
    )
  )
)
(assert_return (invoke "result") (i32.const 800))
(assert_return (invoke "parameter" (i32.const 3)) (i32.const 187))
(assert_return (invoke "folded" (i32.const 2)) (i32.const 7) (i64.const 174))
