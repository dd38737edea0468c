;; Several memories, one of 64-bit addresses: loads and stores around pauses, and with operands that pause.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (memory $second 1 3)
  (memory $wide i64 1 3)
  (data (memory $second) (i32.const 0) "\01\02\03\04\05\06\07\08")
  (data $d "abcdefgh")
  (func $address (param $x i32) (result i64) (i64.extend_i32_u (i32.and (call $next (local.get $x)) (i32.const 255))))
  (func (export "loads") (param $x i32) (result i32 i64)
    (i32.load8_u $second offset=1 (i32.and (call $next (local.get $x)) (i32.const 3)))
    (i64.store $wide offset=8 (call $address (i32.const 1)) (i64.extend_i32_s (call $next (i32.const 2))))
    (i32.sub (i32.load16_u $second (i32.const 4)) (call $next (i32.const 3)))
    (i32.mul)
    (i64.sub (i64.load $wide (i64.const 29)) (call $address (i32.const 4))))
  (func (export "before") (param $x i32) (result i32)
    (i32.store (i32.const 16) (i32.const 5))
    (i32.store $second (i32.const 16) (i32.const 6))
    (i32.store $wide (i64.const 16) (i32.const 7))
    (i32.sub (i32.load $wide (i64.const 16))
      (i32.sub (i32.load $second (i32.const 16))
        (i32.sub (i32.load (i32.const 16)) (call $clear (local.get $x)))))
    (i32.add (i32.load8_u $wide (call $address (i32.const 256)))))
  (func $clear (param $x i32) (result i32)
    (memory.fill (i32.const 16) (i32.const 0) (i32.const 4))
    (memory.fill $second (i32.const 16) (i32.const 0) (i32.const 4))
    (memory.fill $wide (i64.const 16) (call $next (local.get $x)) (i64.const 4))
    (call $next (i32.const 5)))
  (func (export "bulk") (param i32) (result i32 i64)
    (i64.store $wide (i64.const 40) (i64.const 0x123456789abcdef))
    i32.const 32
    i64.const 40
    local.get 0
    call $next
    i32.const 7
    i32.and
    memory.copy $second $wide
    i64.const 48
    call $three
    i32.const 3
    memory.init $wide $d
    (memory.copy $wide $wide (i64.const 50) (i64.const 48) (call $small))
    (i32.load $second (i32.const 32)) (i64.load $wide (i64.const 46)))
  (func $three (result i32) (i32.and (call $next (i32.const 6)) (i32.const 3)))
  (func $small (result i64) (i64.extend_i32_u (call $three)))
  (func (export "grow") (result i64 i32)
    (memory.grow $wide (i64.extend_i32_u (i32.and (call $next (i32.const 0)) (i32.const 1))))
    (memory.size $second)
    (i32.add (memory.grow $second (i32.and (call $next (i32.const 1)) (i32.const 1))))
    (i32.sub (i32.mul (memory.size $second) (i32.const 10))))
)
(assert_return (invoke "loads" (i32.const 1)) (i32.const 7490) (i64.const -22))
(assert_return (invoke "before" (i32.const 1)) (i32.const -69))
(assert_return (invoke "bulk" (i32.const 1)) (i32.const 11259375) (i64.const 435475906851))
(assert_return (invoke "grow") (i64.const 1) (i32.const -18))
