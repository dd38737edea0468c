;; A `local.get` on the operand stack keeps its value when a statement behind it writes the local before a pausing call.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (param $x i32) (result i32)
    (local.get $x)
    (local.set $x (i32.const 0))
    (call $next))
)
(assert_return (invoke "f" (i32.const 5)) (i32.const 15))
