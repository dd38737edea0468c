;; A `local.get` on the operand stack keeps its value through a pausing call, then a paused block that writes the local.
(module
  (import "spectest" "print->i32" (func $next (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (param $x i32) (result i32)
    (i32.sub
      (local.get $x)
      (i32.add
        (call $next)
        (block (result i32)
          (drop (call $next))
          (local.set $x (i32.const 9))
          (i32.const 1)))))
)
(assert_return (invoke "f" (i32.const 5)) (i32.const -6))
