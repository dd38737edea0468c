;; Lists whose closing parenthesis stands on a line of its own, as the last value of an arm and of a block.
(module
  (import "spectest" "print" (func $print))
  (memory (export "memory") 1)
  (func (export "arm") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then
        (call $print)
        (i32.const
          3
        )
      )
      (else (i32.const 4))))
  (func (export "block") (result i32)
    (i32.eqz
      (block (result i32)
        (call $print)
        (i32.const
          4
        ))))
)
(assert_return (invoke "arm" (i32.const 1)) (i32.const 3))
(assert_return (invoke "arm" (i32.const 0)) (i32.const 4))
(assert_return (invoke "block") (i32.const 0))
