;; A call as a statement: alone, the first, in the middle, the last.
(module
  (import "spectest" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (func (export "alone")
    (call $print (i32.const 1))
  )
  (func (export "several") (param $x i32) (result i32)
    (call $print (local.get $x))
    (local.set $x (i32.add (local.get $x) (i32.const 1)))
    ;; in the middle
    (call $print (local.get $x)) ;; behind it
    (call $print (i32.const -1))
    (local.get $x)
  )
  (func $plain (result i32)  (i32.const   7) ;; untouched
  )
)
(invoke "alone")
(assert_return (invoke "several" (i32.const 5)) (i32.const 6))
