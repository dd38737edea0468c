;; The calls that coroutines.wat makes in its turns, and the work between them, but nothing is unwound or rewound:
;; what a turn would take if saving and restoring a stack took no time. bench/switch.py measures it beside that.
(module
  (memory (export "memory") 2)

  (global $current (mut i32) (i32.const 0))
  (global $resumed (mut i32) (i32.const 0))
  (global $steps (mut i32) (i32.const 0))
  (global $unwinding (export "unwinding") (mut i32) (i32.const 0))

  (func $yield
    (if (global.get $resumed)
      (then (global.set $resumed (i32.const 0)))
      (else (global.set $unwinding (global.get $current)))))

  ;; The innermost frame yields twice, as one does that goes on from where it paused, and pauses again.
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
        (call $yield)
        (global.set $steps (i32.add (global.get $steps) (i32.const 1)))
        (local.set $sum (i64.add (local.get $sum) (i64.const 1)))
        (call $yield)
        (local.get $sum))))

  (func $turn (param $which i32) (param $depth i32)
    (global.set $current (local.get $which))
    (drop (call $deep (local.get $depth) (i64.const 7)))
    (global.set $unwinding (i32.const 0)))

  (func (export "run") (param $depth i32) (param $turns i32) (result i32)
    (loop $again
      (global.set $resumed (i32.const 1))
      (call $turn
        (select (i32.const 16) (i32.const 32) (i32.and (local.get $turns) (i32.const 1)))
        (local.get $depth))
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    (i32.const 0)))
