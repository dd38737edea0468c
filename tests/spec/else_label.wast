;; A flat else that repeats its label, an empty block with a label, and an empty arm.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (param $x i32) (result i32)
    (block $empty)
    local.get $x
    if $l (result i32)
      i32.const 1 call $next
    else $l
      i32.const 2
    end $l
    local.get $x
    if $l else $l end $l
    (loop $empty)
    (if (local.get $x) (then) (else))
    (drop (call $next (i32.const 3)))
  )
)
(assert_return (invoke "f" (i32.const 5)) (i32.const 11))
(assert_return (invoke "f" (i32.const 0)) (i32.const 2))
