;; Only one of two imports may pause: what calls the other alone stays as it is.
;; options: --imports spectest.print->i32
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (func $plain_prints (param $x i32)
    (call $print   (local.get $x)))
  (func (export "f") (param $x i32) (result i32)
    (call $plain_prints (local.get $x))
    (i32.sub (call $next (i32.const 1)) (local.get $x)))
)
(assert_return (invoke "f" (i32.const 3)) (i32.const 18))
