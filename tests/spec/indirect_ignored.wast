;; Calls through tables that are said not to pause.
;; options: --ignore-indirect --imports spectest.print->i32
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $print)
  (func $plain (param $x i32)
    (call_indirect   (param i32) (local.get $x) (i32.const 0)))
  (func (export "f") (param $x i32) (result i32)
    (call $plain (local.get $x))
    (i32.sub (call $next (i32.const 1)) (local.get $x)))
)
(assert_return (invoke "f" (i32.const 3)) (i32.const 18))
