;; An `if` in parentheses inside a `local.set`, with its condition before both.
(module
  (import "spectest" "print->i32" (func $ask (param i32) (result i32)))
  (func (export "f") (param $c i32) (result i32)
    (local $x i32)
    local.get $c
    (local.set $x (if (result i32)
      (then (call $ask (i32.const 1)))
      (else (i32.const 7))))
    (i32.add (local.get $x) (local.get $c)))
  (func (export "g") (param $c i32) (result i32)
    (local $x i32)
    (loop $again
      (local.get $c)
      (i32.const 1)
      i32.sub
      (local.set $x (if (result i32)
        (then (i32.add (local.get $x) (call $ask (local.get $c))))
        (else (i32.const 100))))
      (br_if $again (local.tee $c (i32.sub (local.get $c) (i32.const 1)))))
    (local.get $x))
)
(assert_return (invoke "f" (i32.const 0)) (i32.const 7))
(assert_return (invoke "f" (i32.const 1)) (i32.const 12))
(assert_return (invoke "g" (i32.const 3)) (i32.const 100))
