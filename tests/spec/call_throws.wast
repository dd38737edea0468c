;; A call whose result goes to a local, and which throws in the end: the handler finds in the local what was there before.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $oops)
  (func $throws (param $x i32) (result i32)
    (if (i32.gt_s (call $next (local.get $x)) (i32.const 50)) (then (throw $oops)))
    (i32.const 7))
  (func (export "set") (param $x i32) (result i32) (local $i i32)
    (local.set $i (i32.const 3))
    (block $caught
      (try_table (catch $oops $caught)
        (local.set $i (call $throws (local.get $x)))))
    (local.get $i))
  (func (export "tee") (param $x i32) (result i32) (local $i i32)
    (local.set $i (i32.const 4))
    (block $caught
      (try_table (catch_all $caught)
        (try_table
          (drop (local.tee $i (call $throws (local.get $x)))))))
    (i32.add (call $next (i32.const 0)) (local.get $i)))
)
(assert_return (invoke "set" (i32.const 0)) (i32.const 7))
(assert_return (invoke "set" (i32.const 90)) (i32.const 3))
(assert_return (invoke "tee" (i32.const 0)) (i32.const 47))
(assert_return (invoke "tee" (i32.const 90)) (i32.const 64))
