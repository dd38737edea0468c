;; A `local.get` on the operand stack keeps its value when an if whose arms do not pause writes the local.
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "spectest" "print->i32" (func $next (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (param $x i32)
    (local.get $x)
    (if (i32.const 1) (then (local.set $x (i32.const 0))))
    (call $print))
  (func (export "block") (param $x i32)
    (local.get $x)
    (block (local.set $x (i32.const 0)))
    (call $print))
  (func (export "condition before it") (param $x i32)
    (local.get $x)
    (i32.const 1)
    (if (then (local.set $x (i32.const 0))))
    (call $print))
  (func (export "parameter") (param $x i32)
    (local.get $x)
    (i32.const 0)
    (if (param i32) (i32.const 1) (then (local.set $x)) (else (drop)))
    (call $print))
  (func (export "condition pauses") (param $x i32) (result i32)
    (i32.sub
      (local.get $x)
      (if (result i32) (call $next) (then (local.set $x (i32.const 0)) (i32.const 1)) (else (i32.const 2)))))
  (func (export "flat") (param $x i32)
    local.get $x
    i32.const 1
    if
      i32.const 0
      local.set $x
    end
    call $print)
)
(invoke "f" (i32.const 7))
(invoke "block" (i32.const 7))
(invoke "flat" (i32.const 7))
(invoke "condition before it" (i32.const 7))
(invoke "parameter" (i32.const 7))
(assert_return (invoke "condition pauses" (i32.const 7)) (i32.const 6))
