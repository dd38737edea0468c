;; Locals by numbers that are spelled as hexadecimal, or with more digits than they need.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (param i32 i32) (result i32)
    (local.set 0x1 (i32.add (local.get 00) (call $next (i32.const 1))))
    (i32.add (local.tee 0_0 (i32.mul (local.get 0) (i32.const 2))) (call $next (local.get 0x01))))
)
(assert_return (invoke "f" (i32.const 7) (i32.const 1)) (i32.const 52))
