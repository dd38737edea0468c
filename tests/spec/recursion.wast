;; Recursion: many frames of one function on the stack, each with its own locals.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $sum (export "sum") (param $n i32) (result i32) (local $mine i32)
    (local.set $mine (i32.mul (local.get $n) (local.get $n)))
    (if (result i32) (i32.eqz (local.get $n))
      (then (call $next (i32.const 1000)))
      (else
        (i32.add
          (local.get $mine)
          (i32.add (call $sum (i32.sub (local.get $n) (i32.const 1))) (local.get $n)))))
  )
  (func $even (export "even") (param i32) (result i32)
    local.get 0
    call $next
    drop
    local.get 0
    i32.eqz
    if (result i32)
      i32.const 1
    else
      local.get 0
      i32.const 1
      i32.sub
      call $odd
    end
  )
  (func $odd (param i32) (result i32)
    (drop (call $next (i32.sub (i32.const 0) (local.get 0))))
    (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
    (return (call $even (i32.sub (local.get 0) (i32.const 1))))
  )
  (func $fib (export "fib") (param $n i32) (result i32)
    (if (i32.lt_s (local.get $n) (i32.const 2)) (then
      (drop (call $next (local.get $n)))
      (return (local.get $n))))
    (i32.add (call $fib (i32.sub (local.get $n) (i32.const 1)))
             (call $fib (i32.sub (local.get $n) (i32.const 2))))
  )
)
(assert_return (invoke "sum" (i32.const 20)) (i32.const 4090))
(assert_return (invoke "even" (i32.const 5)) (i32.const 0))
(assert_return (invoke "even" (i32.const 6)) (i32.const 1))
(assert_return (invoke "fib" (i32.const 8)) (i32.const 21))
