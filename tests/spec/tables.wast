;; Several tables, one of 64-bit addresses: get, set, grow, size, fill, copy, init around pauses.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (type $f (func (param i32) (result i32)))
  (table $funcs 4 funcref)
  (table $boxes i64 4 20 (ref null $box))
  (elem $e (ref null $box) (item (struct.new $box (i32.const 100))) (item (struct.new $box (i32.const 200))))
  (elem $fs func $next $plain_neg $twice)
  (func $plain_neg (param i32) (result i32) (i32.sub (i32.const 0) (local.get 0)))
  (func $twice (param i32) (result i32) (i32.mul (i32.const 2) (call $next (local.get 0))))
  (func $box (param $x i32) (result (ref $box)) (struct.new $box (call $next (local.get $x))))
  (func $at (param $i i64) (result i32) (struct.get $box 0 (table.get $boxes (local.get $i))))
  (func (export "get and set") (param $x i32) (result i32 i64)
    (table.set $boxes (i64.const 1) (call $box (local.get $x)))
    (struct.get $box 0 (table.get $boxes (i64.const 1)))
    (table.set $boxes (i64.extend_i32_u (i32.and (call $next (i32.const 0)) (i32.const 1))) (call $box (i32.const 1)))
    (i32.sub (call $next (i32.const 2)))
    (i64.mul (table.size $boxes) (i64.extend_i32_s (call $at (i64.const 0)))))
  (func (export "grow") (param $x i32) (result i32 i64)
    (i64.const 8)
    (table.grow $boxes (call $box (local.get $x)) (i64.extend_i32_u (i32.and (call $next (i32.const 3)) (i32.const 1))))
    (drop (call $next (i32.const 4)))
    (i64.mul)
    (call $swap (call $at (i64.const 4))))
  (func $swap (param i64 i32) (result i32 i64) (i32.sub (local.get 1) (call $next (i32.const 5))) (local.get 0))
  (func (export "bulk") (param $x i32) (result i32)
    (table.init $boxes $e (i64.const 2) (i32.const 0) (i32.and (call $next (local.get $x)) (i32.const 2)))
    (table.copy $boxes $boxes
      (i64.const 0) (i64.const 2) (i64.extend_i32_u (i32.and (call $next (i32.const 6)) (i32.const 1))))
    (table.fill $boxes (i64.const 3) (call $box (i32.const 7)) (i64.const 1))
    (elem.drop $e)
    (i32.sub (call $at (i64.const 0)) (i32.mul (call $at (i64.const 2)) (call $at (i64.const 3)))))
  (func (export "functions") (param i32) (result i32)
    i32.const 8
    call $next
    i32.const 1
    i32.and
    i32.const 0
    i32.const 3
    table.init $funcs $fs
    i32.const 9
    local.get 0
    call_indirect $funcs (type $f)
    i32.const 10
    i32.const 2
    table.get $funcs
    ref.cast (ref $f)
    call_ref $f
    i32.add)
)
(assert_return (invoke "get and set" (i32.const 1)) (i32.const -31) (i64.const 124))
(assert_return (invoke "grow" (i32.const 1)) (i32.const -34) (i64.const 32))
(assert_return (invoke "bulk" (i32.const 1)) (i32.const -11669))
(assert_return (invoke "functions" (i32.const 1)) (i32.const 271))
