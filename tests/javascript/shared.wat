;; A memory that other threads may see.
(module
  (import "env" "memory" (memory 1 2 shared))
  (import "env" "later" (func $later (param i32) (result i32)))
  (func (export "add") (param $a i32) (result i32)
    (i32.add (local.get $a) (call $later (local.get $a)))
  )
)
