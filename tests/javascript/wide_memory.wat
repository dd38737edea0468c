;; A memory with addresses of 64 bits.
(module
  (import "env" "later64" (func $later64 (param i64) (result i64)))
  (memory (export "memory") i64 1)
  (func (export "wide") (param $a i64) (result i64)
    (i64.add (local.get $a) (call $later64 (i64.mul (local.get $a) (i64.const 2))))
  )
)
