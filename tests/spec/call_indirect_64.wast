;; Calls and tail calls through tables of 64-bit addresses and of typed references, the index paused.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print->i64" (func $wide (param i64) (result i64)))
  (memory (export "memory") 1)
  (type $unary (func (param i32) (result i32)))
  (table $first 1 externref)
  (table $t i64 3 (ref null $unary))
  (table $full i64 2 2 (ref $unary) (ref.func $twice))
  (elem (table $t) (i64.const 0) (ref null $unary) (ref.null $unary) (ref.func $next) (ref.func $twice))
  (func $twice (param $x i32) (result i32) (i32.mul (i32.const 2) (call $next (local.get $x))))
  (func $at (param $i i64) (result i64) (i64.rem_u (call $wide (local.get $i)) (i64.const 10)))
  (func (export "call") (param $x i32) (result i32)
    (i32.sub
      (call_indirect $t (type $unary) (call $next (local.get $x)) (call $at (i64.const 1)))
      (call_indirect $t (type $unary) (local.get $x) (call $at (i64.const 2)))))
  (func $tail (export "tail") (param $x i32) (param $i i64) (result i32)
    (drop (call $next (i32.const 1)))
    (return_call_indirect $t (type $unary) (local.get $x) (call $at (local.get $i))))
  (func (export "full") (param i32) (result i32)
    local.get 0
    i64.const 0
    call $at
    call_indirect $full (param i32) (result i32)
    i64.const 1
    return_call_indirect $full (type $unary))
  (func (export "around") (param $x i32) (result i32)
    (i32.sub (local.get $x) (call $tail (local.get $x) (i64.const 2))))
)
(assert_return (invoke "call" (i32.const 1)) (i32.const -61))
(assert_return (invoke "tail" (i32.const 1) (i64.const 1)) (i32.const 81))
(assert_return (invoke "tail" (i32.const 1) (i64.const 2)) (i32.const 222))
(assert_trap (invoke "tail" (i32.const 1) (i64.const 0)) "uninitialized element")
(assert_trap (invoke "tail" (i32.const 1) (i64.const 3)) "undefined element")
(assert_return (invoke "full" (i32.const 1)) (i32.const 1044))
(assert_return (invoke "around" (i32.const 500)) (i32.const -920))
