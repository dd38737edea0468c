;; Imports with parameters and results of all types; each argument is evaluated once.
(module
  (import "spectest" "print->f32 f64" (func $floats (param i32 f64 i64 f32) (result f32 f64)))
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 0))
  (func $plain_count (result i32) (global.set $count (i32.add (global.get $count) (i32.const 1))) (global.get $count))
  (func (export "f") (param $x f32) (result f32 f64)
    (call $floats
      (call $plain_count)
      (f64.convert_i32_s (call $plain_count))
      (i64.extend_i32_s (i32.load (call $plain_count)))
      (f32.add (local.get $x) (f32.convert_i32_u (call $plain_count)))))
)
(assert_return (invoke "f" (f32.const 1.5)) (f32.const 18.5) (f64.const 19.5))
(assert_return (invoke "f" (f32.const -1.5)) (f32.const 37.5) (f64.const 38.5))
(assert_return (get "count") (i32.const 8))
