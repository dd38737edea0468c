;; No import may pause: all functions stay as they are.
;; options: --ignore-imports
;; pauses: none
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $plain (export "f") (param $x i32) (result i32) (i32.sub (call $next (i32.const 1)) (local.get $x)))
)
(assert_return (invoke "f" (i32.const 3)) (i32.const 8))
