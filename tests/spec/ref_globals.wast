;; References in globals and tables that are written while one read before waits on the stack.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (global $g (mut (ref $box)) (struct.new $box (i32.const 1)))
  (global $any (mut anyref) (ref.null any))
  (table $t 3 (ref null $box))
  (func $set (param $x i32) (result (ref $box))
    (global.set $g (struct.new $box (call $next (local.get $x))))
    (table.set $t (i32.const 1) (global.get $g))
    (drop (call $next (i32.const 1)))
    (struct.new $box (i32.const 5)))
  (func $plain_sub (param $a (ref null $box)) (param $b (ref null $box)) (result i32)
    (i32.sub (struct.get $box 0 (local.get $a)) (struct.get $box 0 (local.get $b))))
  (func (export "global") (param $x i32) (result i32) (local $old (ref $box))
    (local.set $old (global.get $g))
    (i32.mul
      (call $plain_sub (global.get $g) (call $set (local.get $x)))
      (call $plain_sub (global.get $g) (local.get $old))))
  (func (export "table") (param $x i32) (result i32)
    (drop (call $set (i32.const 2)))
    (i32.mul
      (call $plain_sub (table.get $t (i32.const 1)) (call $set (local.get $x)))
      (call $plain_sub (call $set (i32.const 3)) (table.get $t (i32.const 1)))))
  (func (export "any") (param i32) (result anyref anyref)
    global.get $any
    local.get 0
    call $next
    ref.i31
    global.set $any
    i32.const 4
    call $next
    drop
    global.get $any)
)
(assert_return (invoke "global" (i32.const 70)) (i32.const -316))
(assert_return (invoke "table" (i32.const 70)) (i32.const -1836))
(assert_return (invoke "any" (i32.const 70)) (ref.null any) (ref.i31 160))
(assert_return (invoke "any" (i32.const 7)) (ref.i31 160) (ref.i31 117))
