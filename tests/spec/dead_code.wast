;; Code that cannot be reached, with and without calls, in all shapes.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print" (func $print))
  (memory (export "memory") 1)
  (func (export "behind return") (result i32)
    (call $print) (return (call $next (i32.const 1))) (call $print) (drop (call $next (i32.const 2))) (i32.const 3))
  (func (export "behind br") (result i32)
    (block $b (result i32)
      (call $print)
      (br $b (call $next (i32.const 1)))
      (call $print)
      (i32.add (call $next (i32.const 2)))))
  (func (export "operands of nothing") (result i32)
    (block $b (result i32)
      call $print
      i32.const 5
      br $b
      i32.add
      call $next
      drop
      f32.mul
      i32.trunc_f32_s
      select
      call $next))
  (func (export "dead block") (param $x i32) (result i32)
    (if (local.get $x) (then
      (call $print)
      (return (i32.const 1))
      (block (call $print) (loop $l (call $print) (br_if $l (call $next (i32.const 1))))))
    (else (call $print)))
    (i32.const 2))
  (func (export "dead loop") (result i32)
    (call $print)
    (block $out
      (br $out)
      (loop (call $print) (br 0)))
    (i32.const 3))
  (func (export "unreachable operand") (param $x i32) (result i32)
    (call $print)
    (block $b (result i32)
      (i32.add (br $b (i32.const 4)) (call $next (unreachable)))))
  (func (export "dead if") (result i32)
    call $print
    i32.const 6
    return
    if (result i32)
      i32.const 1
      call $next
    else
      i32.const 2
    end
    br_if 0
    call $next)
  (func (export "never") (result i64)
    (call $print)
    (unreachable))
)
(assert_return (invoke "behind return") (i32.const 21))
(assert_return (invoke "behind br") (i32.const 41))
(assert_return (invoke "operands of nothing") (i32.const 5))
(assert_return (invoke "dead block" (i32.const 1)) (i32.const 1))
(assert_return (invoke "dead block" (i32.const 0)) (i32.const 2))
(assert_return (invoke "dead loop") (i32.const 3))
(assert_return (invoke "unreachable operand" (i32.const 0)) (i32.const 4))
(assert_return (invoke "dead if") (i32.const 6))
(assert_trap (invoke "never") "unreachable")
