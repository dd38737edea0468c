;; A tail call through a table as an operand, with operands to spare, of which the index pauses.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) func $same)
  (func $same (param $x i32) (result i32) (local.get $x))
  (func (export "run") (param $x i32) (result i32)
    (i32.add
      (i32.const 1)
      (return_call_indirect (param i32) (result i32)
        (i64.const 3)
        (local.get $x)
        (i32.sub (call $next (i32.const 0)) (i32.const 10)))))
)
(assert_return (invoke "run" (i32.const 4)) (i32.const 4))
