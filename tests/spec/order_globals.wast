;; Order of evaluation: globals read before a pausing call that changes them, and behind it.
(module
  (import "spectest" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (global $g (export "g") (mut i32) (i32.const 1))
  (global $constant i32 (i32.const 1000))
  (func $double (result i32)
    (call $print (global.get $g))
    (global.set $g (i32.mul (global.get $g) (i32.const 2)))
    (global.get $g)
  )
  (func (export "before") (result i32) (i32.sub (global.get $g) (call $double)))
  (func (export "behind") (result i32) (i32.sub (call $double) (global.get $g)))
  (func (export "constant") (result i32) (i32.sub (global.get $constant) (call $double)))
  (func (export "mixed") (result i32)
    global.get $g
    call $double
    global.get $g
    call $double
    global.get $g
    i32.sub
    i32.mul
    i32.sub
    i32.add)
)
(assert_return (invoke "before") (i32.const -1))
(assert_return (invoke "behind") (i32.const 0))
(assert_return (invoke "constant") (i32.const 992))
(assert_return (invoke "mixed") (i32.const 24))
(assert_return (get "g") (i32.const 32))
