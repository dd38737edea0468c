;; A call_indirect in parentheses without operands: they stand before it.
(module
  (import "spectest" "print->i32" (func $next (result i32)))
  (memory (export "memory") 1)
  (table 2 funcref)
  (elem (i32.const 0) $pause $next)
  (func $pause (drop (call $next)))
  (func (export "f") (result i32)
    (i32.const 0)
    (call_indirect)
    (i32.const 1)
    (call_indirect (result i32)))
)
(assert_return (invoke "f") (i32.const 20))
