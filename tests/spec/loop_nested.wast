;; Nested loops, with pauses in the inner, in the outer before and behind it, in both.
(module
  (import "spectest" "print" (func $print (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "nested") (param $n i32) (result i32) (local $i i32) (local $j i32) (local $sum i32)
    (loop $outer
      (call $print (local.get $i) (i32.const -1))
      (local.set $j (i32.const 0))
      (loop $inner
        (call $print (local.get $i) (local.get $j))
        (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $i) (local.get $j))))
        (local.set $j (i32.add (local.get $j) (i32.const 1)))
        (br_if $inner (i32.lt_u (local.get $j) (local.get $n)))
      )
      (call $print (local.get $i) (i32.const -2))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $outer (i32.lt_u (local.get $i) (local.get $n)))
    )
    (local.get $sum)
  )
  (func (export "continue") (param $n i32) (result i32) (local $i i32)
    (block $done
      (loop $outer
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $done (i32.gt_u (local.get $i) (local.get $n)))
        (loop $inner
          (call $print (local.get $i) (local.get $n))
          (br_if $outer (i32.and (local.get $i) (i32.const 1)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $inner))))
    (local.get $i)
  )
)
(assert_return (invoke "nested" (i32.const 3)) (i32.const 9))
(assert_return (invoke "continue" (i32.const 6)) (i32.const 8))
