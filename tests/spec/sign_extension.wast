;; Sign extension and saturating conversions of a pausing call's results.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print->f64" (func $float (param f64) (result f64)))
  (memory (export "memory") 1)
  (func (export "f") (result i32)
    (i32.add (i32.extend8_s (call $next (i32.const 120))) (i32.extend16_s (call $next (i32.const 0x7ffa)))))
  (func (export "g") (result i64 i32)
    (i64.trunc_sat_f64_s (call $float (f64.const -1e10)))
    (i32.trunc_sat_f64_u (f64.neg (call $float (f64.const 5)))))
)
(assert_return (invoke "f") (i32.const -32880))
(assert_return (invoke "g") (i64.const 269342) (i32.const 0))
