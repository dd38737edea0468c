;; Blocks, ifs and loops with parameters that a statement takes before anything pauses, and after.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "drop") (result i32)
    (i32.const 7)
    (block (param i32) (result i32) (drop) (call $next (i32.const 1))))
  (func (export "set") (param $x i32) (result i32)
    (i32.const 7) (i64.const 8)
    (block (param i32 i64) (result i32)
      (drop) (local.set $x)
      (i32.add (local.get $x) (call $next (local.get $x)))))
  (func (export "if") (param $x i32) (result i32)
    (i32.const 7)
    (if (param i32) (result i32) (local.get $x)
      (then (drop) (call $next (i32.const 1)))
      (else (local.set $x) (i32.add (call $next (i32.const 2)) (local.get $x)))))
  (func (export "flat if") (param i32) (result i32)
    i32.const 7
    local.get 0
    if (param i32) (result i32)
      drop
      i32.const 3
      call $next
    end)
  (func (export "plain arm") (param i32) (result i32)
    i32.const 7
    local.get 0
    if (param i32) (result i32)
    else
      call $next
    end)
  (func (export "only its results") (param i32) (result i32)
    (i32.const 3) (i32.const 4)
    (block (param i32 i32) (result i32) (i32.sub) (drop (call $next (i32.const 5))) (i32.add (i32.const 6))))
  (func (export "loop") (param $n i32) (result i32)
    (local.get $n)
    (loop $l (param i32) (result i32)
      (local.set $n)
      (br_if $l (i32.sub (local.get $n) (i32.const 1)) (i32.and (call $next (local.get $n)) (local.get $n)))))
)
(assert_return (invoke "drop") (i32.const 11))
(assert_return (invoke "set" (i32.const 1)) (i32.const 34))
(assert_return (invoke "if" (i32.const 1)) (i32.const 31))
(assert_return (invoke "if" (i32.const 0)) (i32.const 49))
(assert_return (invoke "flat if" (i32.const 1)) (i32.const 53))
(assert_return (invoke "flat if" (i32.const 0)) (i32.const 7))
(assert_return (invoke "plain arm" (i32.const 1)) (i32.const 7))
(assert_return (invoke "plain arm" (i32.const 0)) (i32.const 67))
(assert_return (invoke "only its results" (i32.const 0)) (i32.const 5))
(assert_return (invoke "loop" (i32.const 3)) (i32.const 1))
