;; Returns in the middle: with values, out of loops and blocks, before and behind a pause, as an operand.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $early (export "early") (param $x i32) (result i32)
    (if (i32.lt_s (local.get $x) (i32.const 0)) (then (return (i32.const -1))))
    (local.set $x (call $next (local.get $x)))
    (if (i32.gt_s (local.get $x) (i32.const 30)) (then (return (call $next (i32.const 0)))))
    (local.get $x))
  (func (export "loop") (param $n i32) (result i32)
    (loop $again
      (drop (call $next (local.get $n)))
      (block $inner
        (br_if $inner (local.get $n))
        (return (i32.const 77)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br $again))
    (unreachable))
  (func (export "operand") (param $x i32) (result i32)
    (i32.add (call $next (i32.const 1)) (if (result i32) (local.get $x) (then (return (call $next (i32.const 2)))) (else (i32.const 5)))))
  (func (export "of a call") (param $x i32) (result i32)
    (return (call $early (local.get $x))))
  (func (export "flat") (param i32) (result i32)
    local.get 0
    call $next
    return
    call $next)
)
(assert_return (invoke "early" (i32.const -5)) (i32.const -1))
(assert_return (invoke "early" (i32.const 5)) (i32.const 15))
(assert_return (invoke "early" (i32.const 25)) (i32.const 30))
(assert_return (invoke "loop" (i32.const 3)) (i32.const 77))
(assert_return (invoke "operand" (i32.const 0)) (i32.const 86))
(assert_return (invoke "operand" (i32.const 1)) (i32.const 102))
(assert_return (invoke "of a call" (i32.const 1)) (i32.const 120))
(assert_return (invoke "flat" (i32.const 1)) (i32.const 131))
