;; Order of evaluation: a local that is read, and waits on the operand stack, while it is written.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "set by tee") (param $x i32) (result i32)
    (i32.sub (local.get $x) (local.tee $x (call $next (local.get $x)))))
  (func (export "tee first") (param $x i32) (result i32)
    (i32.sub (local.tee $x (call $next (i32.const 1))) (i32.mul (local.get $x) (i32.const 2))))
  (func (export "tee before, behind") (param $x i32) (result i32)
    (i32.add (i32.mul (local.tee $x (i32.const 7)) (call $next (local.get $x))) (local.tee $x (i32.const 3))))
  (func (export "waits") (param $x i32) (result i32)
    local.get $x
    i32.const 100
    local.set $x
    local.get $x
    call $next
    local.get $x
    i32.const 50
    local.set $x
    i32.add
    i32.sub)
  (func (export "waits for a block") (param $x i32) (result i32)
    (i32.sub
      (local.get $x)
      (block (result i32)
        (local.set $x (i32.const 5))
        (drop (call $next (i32.const 0)))
        (local.set $x (i32.add (local.get $x) (i32.const 1)))
        (local.get $x))))
  (func (export "set behind the call") (param $x i32) (param $y i64) (result i32)
    ;; the second argument waits; then the first is written before the call is made
    (local.get $x)
    (i64.load (i32.const 8))
    (local.set $x (i32.const 0))
    i32.wrap_i64
    call $next
    i32.add)
  (func (export "set in the middle") (param $x i32) (param $y i32) (result i32)
    (i32.const 1)
    (drop (call $next (i32.const 2)))
    (local.get $x)
    (i32.load (i32.const 0))
    (local.set $x (i32.const 1000))
    (call $next (i32.const 3))
    (i32.sub) (i32.sub) (i32.sub))
  (func (export "tee in the middle") (param $x i32) (result i32)
    (drop (call $next (i32.const 1)))
    local.get $x
    i32.const 8
    local.tee $x
    nop
    call $next
    local.get $x
    i32.sub
    i32.sub)
)
(assert_return (invoke "set by tee" (i32.const 5)) (i32.const -10))
(assert_return (invoke "tee first" (i32.const 5)) (i32.const -21))
(assert_return (invoke "tee before, behind" (i32.const 5)) (i32.const 262))
(assert_return (invoke "waits" (i32.const 5)) (i32.const -235))
(assert_return (invoke "waits for a block" (i32.const 5)) (i32.const -1))
(assert_return (invoke "set behind the call" (i32.const 5) (i64.const 6)) (i32.const 65))
(assert_return (invoke "set in the middle" (i32.const 5) (i32.const 6)) (i32.const -87))
(assert_return (invoke "tee in the middle" (i32.const 5)) (i32.const -95))
