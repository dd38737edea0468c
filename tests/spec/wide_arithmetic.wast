;; Wide arithmetic: instructions with two results, of operands that pause, alive while another call pauses.
(module
  (import "spectest" "print->i64" (func $next (param i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "mul") (param $x i64) (param $y i64) (result i64 i64)
    (i64.mul_wide_u (call $next (local.get $x)) (call $next (local.get $y)))
    (i64.mul_wide_s (i64.sub (call $next (i64.const 1)))))
  (func (export "add") (param $x i64) (param $y i64) (result i64 i64)
    (i64.add128 (local.get $x) (call $next (i64.const 1)) (call $next (i64.const -32)) (local.get $y))
    (i64.sub128 (i64.const 5) (call $next (i64.const 2))))
  (func (export "kept") (param $x i64) (result i64) (local $low i64) (local $high i64)
    (i64.mul_wide_s (local.get $x) (i64.const 0x123456789abcdef))
    (local.set $high)
    (local.set $low (i64.sub (call $next (i64.const 3))))
    (i64.xor (local.get $low) (i64.rotl (local.get $high) (call $next (i64.const 4)))))
  (func (export "flat") (param i64 i64) (result i64)
    local.get 0
    local.get 1
    i64.mul_wide_u
    i64.const 5
    call $next
    i64.const 6
    i64.add128
    i64.sub
    i64.const 7
    call $next
    i64.sub)
)
(assert_return (invoke "mul" (i64.const -1) (i64.const 0x7fffffffffffff00)) (i64.const -9223372036854718460) (i64.const -14))
(assert_return (invoke "add" (i64.const -1) (i64.const 3)) (i64.const 12) (i64.const -17))
(assert_return (invoke "kept" (i64.const -77777777777777)) (i64.const -6199441802027644217))
(assert_return (invoke "flat" (i64.const -3) (i64.const -5)) (i64.const 5))
