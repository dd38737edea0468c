;; A memory that is exported by a field of its own, behind the functions.
(module
  (import "spectest" "print->i32" (func $next (result i32)))
  (func (export "f") (result i32) (i32.add (i32.load (i32.const 0)) (call $next)))
  (memory $m 1 2)
  (data (i32.const 0) "\05")
  (export "memory" (memory $m))
)
(assert_return (invoke "f") (i32.const 15))
