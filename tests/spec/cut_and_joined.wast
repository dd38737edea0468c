;; A line break inside an instruction, and two instructions in one arm: the tokens are cut and joined, and stay as many.
(module
  (import "spectest" "print" (func $print))
  (memory (export "memory") 1)
  (func (export "f") (param i32) (result i32)
    (call $print) (if (i32.const 0) (then nop
    ))
    (local.get
      0))
)
(assert_return (invoke "f" (i32.const 7)) (i32.const 7))
