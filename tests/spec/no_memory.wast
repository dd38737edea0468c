;; A module without memory: it gets one, which is exported as "memory".
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (func (export "f") (param $x i32) (result i32) (i32.mul (local.get $x) (call $next (i32.const 1))))
)
(assert_return (invoke "f" (i32.const 3)) (i32.const 33))
