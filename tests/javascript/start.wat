;; Its start function calls an import that may pause, between two that say so.
(module
  (import "env" "later" (func $later (param i32) (result i32)))
  (import "env" "say" (func $say (param i32)))
  (memory (export "memory") 1)
  (global $found (mut i32) (i32.const 0))
  (start $begin)
  (func $begin
    (call $say (i32.const 1))
    (global.set $found (call $later (i32.const 41)))
    (call $say (i32.const 3))
  )
  (func (export "found") (result i32)
    (global.get $found)
  )
)
