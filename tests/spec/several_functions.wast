;; Several functions on the stack, with locals of their own, paused at different depths.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $a (export "a") (param $x i32) (result i32) (local $old i32)
    (local.set $old (local.get $x))
    (local.set $x (call $b (local.get $x) (i64.const 5)))
    (i32.add (local.get $old) (i32.add (call $next (local.get $x)) (call $plain_add (local.get $x) (i32.const 1)))))
  (func $b (param $x i32) (param $y i64) (result i32)
    (drop (call $next (i32.const 0)))
    (local.set $y (i64.add (local.get $y) (i64.extend_i32_s (call $c (f64.const 1.5)))))
    (i32.add (i32.wrap_i64 (local.get $y)) (call $next (local.get $x))))
  (func $c (param $f f64) (result i32)
    (drop (call $next (i32.trunc_f64_s (local.get $f))))
    (i32.trunc_f64_s (f64.mul (local.get $f) (f64.const 100))))
  (func $plain_add (param i32 i32) (result i32) ;; does not pause
    (i32.add (local.get 0)   (local.get 1)))
)
(assert_return (invoke "a" (i32.const 3)) (i32.const 420))
