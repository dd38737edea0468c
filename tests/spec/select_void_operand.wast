;; A folded select whose first list leaves no value waits for a pausing call: its type is that of the second.
(module
  (import "spectest" "print->i64" (func $next (param i64) (result i64)))
  (memory (export "memory") 1)
  (func (export "f") (param $x i64) (result i64)
    (i64.add
      (select (drop (local.get $x)) (i64.const 3) (local.get $x) (i64.eqz (i64.load (i32.const 0))))
      (call $next (local.get $x))))
)
(assert_return (invoke "f" (i64.const 5)) (i64.const 18))
