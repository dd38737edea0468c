;; A folded instruction with more operands inside than it takes: the first stays on the stack, through a pause.
(module
  (import "spectest" "print->i32" (func $next (result i32)))
  (memory (export "memory") 1)
  (func (export "drop") (result i32)
    (i32.add (drop (i32.const 1) (i32.const 2)) (call $next)))
  (func (export "nop") (result i32)
    (i32.sub (nop (i32.const 1)) (call $next)))
  (func (export "call") (result i32)
    (i32.sub (call $next (i32.const 1))))
)
(assert_return (invoke "drop") (i32.const 11))
(assert_return (invoke "nop") (i32.const -19))
(assert_return (invoke "call") (i32.const -29))
