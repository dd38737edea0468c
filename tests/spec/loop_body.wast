;; A pause in the body of a loop, at every turn.
(module
  (import "spectest" "print" (func $print (param i32)))
  (memory (export "memory") 1)
  (func (export "count") (param $n i32) (result i32) (local $i i32) (local $sum i32)
    (loop $again
      (call $print (local.get $i))
      (local.set $sum (i32.add (local.get $sum) (local.get $i)))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n)))
    )
    (local.get $sum)
  )
  (func (export "first read next turn") (param $n i32) (result i32) (local $old i32)
    ;; $old is alive across the pause, though nothing behind the call in the text reads it
    (loop $again
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (if (local.get $old) (then (local.set $old (i32.add (local.get $old) (local.get $n))))
        (else (local.set $old (local.get $n))))
      (call $print (local.get $n))
      (br_if $again (local.get $n))
    )
    (i32.const 3)
  )
  (func (export "while") (param $n i32) (result i32)
    (block $out
      (loop $again
        (br_if $out (i32.eqz (local.get $n)))
        (call $print (local.get $n))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $n)
  )
)
(assert_return (invoke "count" (i32.const 5)) (i32.const 10))
(assert_return (invoke "first read next turn" (i32.const 4)) (i32.const 3))
(assert_return (invoke "while" (i32.const 4)) (i32.const 0))
