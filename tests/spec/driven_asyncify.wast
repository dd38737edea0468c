;; Control functions imported from `asyncify`: two coroutines that take turns; the exports have these names too.
;; prints: print (i32.const 100)
;; prints: print (i32.const 200)
;; prints: print (i32.const 101)
;; prints: print (i32.const 201)
;; prints: print (i32.const 102)
;; prints: print (i32.const 202)
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "asyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "asyncify" "stop_unwind" (func $stop_unwind))
  (import "asyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "asyncify" "stop_rewind" (func $stop_rewind))
  (import "asyncify" "get_state" (func $get_state (result i32)))
  (memory 1)
  ;; each coroutine's data structure, with its stack behind it
  (data (i32.const 1000) "\f0\03\00\00\d0\07\00\00")
  (data (i32.const 2000) "\d8\07\00\00\b8\0b\00\00")
  (global $current (mut i32) (i32.const 0))
  (global $sum (export "sum") (mut i32) (i32.const 0))

  (func $yield
    (if (i32.eq (call $get_state) (i32.const 2))
      (then (call $stop_rewind))
      (else (call $start_unwind (global.get $current)))))

  ;; counts; its caller is on the stack too
  (func $count (param $from i32) (param $times i32) (result i32)
    (loop $again
      (call $print (local.get $from))
      (call $yield)
      (local.set $from (i32.add (local.get $from) (i32.const 1)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $from))

  (func $first (result i32)
    (i32.mul (i32.const 1000) (call $count (i32.const 100) (i32.const 3))))
  (func $second (result i32)
    (i32.add (call $count (i32.const 200) (i32.const 3)) (i32.const 7)))

  ;; a turn of a coroutine; 1 if it is paused then
  (func $turn (param $which i32) (param $resume i32) (result i32) (local $result i32)
    (global.set $current (select (i32.const 2000) (i32.const 1000) (local.get $which)))
    (if (local.get $resume) (then (call $start_rewind (global.get $current))))
    (if (local.get $which)
      (then (local.set $result (call $second)))
      (else (local.set $result (call $first))))
    (if (call $get_state) (then (call $stop_unwind) (return (i32.const 1))))
    (global.set $sum (i32.add (global.get $sum) (local.get $result)))
    (i32.const 0))

  (func (export "run") (result i32) (local $turns i32) (local $a i32) (local $b i32)
    (local.set $a (call $turn (i32.const 0) (i32.const 0)))
    (local.set $b (call $turn (i32.const 1) (i32.const 0)))
    (loop $again
      (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
      (if (local.get $a) (then (local.set $a (call $turn (i32.const 0) (i32.const 1)))))
      (if (local.get $b) (then (local.set $b (call $turn (i32.const 1) (i32.const 1)))))
      (br_if $again (i32.or (local.get $a) (local.get $b))))
    (local.get $turns))
  (func (export "positions") (result i32 i32)
    (i32.sub (i32.load (i32.const 1000)) (i32.const 1008)) (i32.sub (i32.load (i32.const 2000)) (i32.const 2008)))
)
(assert_return (invoke "run") (i32.const 3))
(assert_return (get "sum") (i32.const 103210))
(assert_return (invoke "positions") (i32.const 0) (i32.const 0))
(assert_return (invoke "asyncify_get_state") (i32.const 0))
