;; Through a table only functions of a call's type can be called: calls of a type that cannot pause stay as they are.
;; options: --imports spectest.print->i32
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $next $plain_six)
  (func $plain_six (result i64) (i64.const 6))
  (func $plain_through (result i64)
    (call_indirect   (result i64) (i32.const 1)))
  (func (export "f") (param $x i32) (result i32)
    (i32.sub
      (call_indirect (param i32) (result i32) (local.get $x) (i32.const 0))
      (i32.wrap_i64 (call $plain_through))))
)
(assert_return (invoke "f" (i32.const 3)) (i32.const 7))
