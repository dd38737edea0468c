;; Recursion where nearly all the time goes into calls: fibonacci(n). Each leaf asks the host, whose answer is 0.
(module
  (import "env" "ask" (func $ask (param i32) (result i32)))
  (memory (export "memory") 1)

  (func $fibonacci (param $n i32) (result i32)
    (if (result i32) (i32.lt_s (local.get $n) (i32.const 2))
      (then (i32.add (local.get $n) (call $ask (local.get $n))))
      (else
        (i32.add
          (call $fibonacci (i32.sub (local.get $n) (i32.const 1)))
          (call $fibonacci (i32.sub (local.get $n) (i32.const 2)))))))

  (func (export "run") (param $n i32) (result i32)
    (call $fibonacci (local.get $n))))
