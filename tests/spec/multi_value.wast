;; Calls with several results: dropped, set, as operands, the last values.
(module
  (import "spectest" "print->i32 i64 f32" (func $three (param i32) (result i32 i64 f32)))
  (import "spectest" "print->i32 i32" (func $two (result i32 i32)))
  (memory (export "memory") 1)
  (func $mine (param i32) (result i64 f32) (local $a i32)
    (call $three (local.get 0))
    (local.set $a (i32.trunc_f32_s))
    (i64.add (i64.extend_i32_s (local.get $a)))
    (local.set 0 (i32.wrap_i64))
    (drop)
    (i64.extend_i32_s (local.get 0)) (f32.convert_i32_s (local.get $a)))
  (func (export "last") (param i32) (result i32 i64 f32) (call $three (local.get 0)))
  (func (export "operands") (result i32) (i32.sub (call $two)))
  (func (export "before and behind") (result i32 i32 i32 i32)
    (i32.const 1) (call $two) (i32.const 2))
  (func (export "dropped") (call $two) (drop) (drop))
  (func (export "set") (result i32) (local $a i32) (local $b i32)
    (call $two) (local.set $a) (local.set $b)
    (i32.sub (local.get $a) (local.get $b)))
  (func (export "mine") (param i32) (result i64 f32)
    call $two
    i32.mul
    local.get 0
    i32.add
    call $mine)
)
(assert_return (invoke "last" (i32.const 5)) (i32.const 15) (i64.const 16) (f32.const 17.5))
(assert_return (invoke "operands") (i32.const -1))
(assert_return (invoke "before and behind") (i32.const 1) (i32.const 30) (i32.const 31) (i32.const 2))
(invoke "dropped")
(assert_return (invoke "set") (i32.const 1))
(assert_return (invoke "mine" (i32.const 1)) (i64.const 7465) (f32.const 3733))
