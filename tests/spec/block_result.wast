;; Blocks with results, paused inside: as operands, set, teed, dropped, the last value, several at once.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "operand") (param $x i32) (result i32)
    (i32.sub
      (block (result i32) (local.set $x (i32.add (local.get $x) (i32.const 1))) (call $next (local.get $x)))
      (block (result i32) (drop (call $next (i32.const 0))) (local.get $x)))
  )
  (func (export "before it") (param $x i32) (result i32)
    (i32.sub
      (local.get $x)
      (block (result i32)
        (local.set $x (call $next (i32.const 0)))
        (local.get $x)))
  )
  (func (export "set") (param $x i32) (result i32)
    (local.set $x (block (result i32)
      (i32.add (local.get $x) (call $next (local.get $x)))))
    (local.get $x)
  )
  (func (export "tee") (param $x i32) (result i32)
    (i32.add (local.tee $x (block (result i32) (call $next (local.get $x)))) (local.get $x))
  )
  (func (export "dropped")
    (drop (block (result f64) (drop (call $next (i32.const 1))) (f64.const 1)))
  )
  (func (export "last") (result i32)
    (block (result i32)
      (drop (call $next (i32.const 1)))
      (block (result i32)
        (call $next (i32.const 2))))
  )
  (func (export "several") (param $x i32) (result i32 i64 i32)
    (block (result i32 i64 i32)
      (call $next (local.get $x))
      (i64.const 5)
      (call $next (i32.const 0)))
  )
  (func (export "several flat") (result i64)
    block (result i64 i64)
      i32.const 0
      call $next
      i64.extend_i32_s
      i32.const 0
      call $next
      i64.extend_i32_s
    end
    i64.sub
  )
)
(assert_return (invoke "operand" (i32.const 5)) (i32.const 10))
(assert_return (invoke "before it" (i32.const 5)) (i32.const -25))
(assert_return (invoke "set" (i32.const 5)) (i32.const 50))
(assert_return (invoke "tee" (i32.const 5)) (i32.const 110))
(invoke "dropped")
(assert_return (invoke "last") (i32.const 82))
(assert_return (invoke "several" (i32.const 1)) (i32.const 91) (i64.const 5) (i32.const 100))
(assert_return (invoke "several flat") (i64.const -10))
