;; Two coroutines that take turns for ever, each the same number of calls deep, with a runtime of their own.
;; bench/switch.py measures a turn: unwinding the one and rewinding the other.
(module
  (import "asyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "asyncify" "stop_unwind" (func $stop_unwind))
  (import "asyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "asyncify" "stop_rewind" (func $stop_rewind))
  (memory (export "memory") 2)

  ;; a data structure for each at 16 and 32, their stacks from 65536 and 98304 on
  (global $current (mut i32) (i32.const 0))
  (global $resumed (mut i32) (i32.const 0))
  (global $steps (mut i32) (i32.const 0))

  (func $yield
    (if (global.get $resumed)
      (then
        (global.set $resumed (i32.const 0))
        (call $stop_rewind))
      (else (call $start_unwind (global.get $current)))))

  ;; Each frame has an i32 and an i64 that live across its call.
  (func $deep (param $depth i32) (param $sum i64) (result i64)
    (if (result i64) (i32.gt_u (local.get $depth) (i32.const 1))
      (then
        (i64.add
          (i64.mul
            (call $deep
              (i32.sub (local.get $depth) (i32.const 1))
              (i64.add (local.get $sum) (i64.extend_i32_u (local.get $depth))))
            (local.get $sum))
          (i64.extend_i32_u (local.get $depth))))
      (else
        (loop $again (result i64)
          (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
          (local.set $sum (i64.add (local.get $sum) (i64.const 1)))
          (call $yield)
          (br_if $again (i64.ne (local.get $sum) (i64.const 0)))
          (local.get $sum)))))

  ;; Until the coroutine pauses, which it always does.
  (func $turn (param $which i32) (param $depth i32)
    (global.set $current (local.get $which))
    (if (global.get $resumed) (then (call $start_rewind (local.get $which))))
    (drop (call $deep (local.get $depth) (i64.const 7)))
    (call $stop_unwind))

  ;; Both start, and then take so many turns; the bytes that one has on its stack when it is paused.
  (func (export "run") (param $depth i32) (param $turns i32) (result i32)
    (i32.store (i32.const 16) (i32.const 65536))
    (i32.store offset=4 (i32.const 16) (i32.const 98304))
    (i32.store (i32.const 32) (i32.const 98304))
    (i32.store offset=4 (i32.const 32) (i32.const 131072))
    (call $turn (i32.const 16) (local.get $depth))
    (call $turn (i32.const 32) (local.get $depth))
    (loop $again
      (global.set $resumed (i32.const 1))
      (call $turn
        (select (i32.const 16) (i32.const 32) (i32.and (local.get $turns) (i32.const 1)))
        (local.get $depth))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.sub (i32.load (i32.const 16)) (i32.const 65536))))
