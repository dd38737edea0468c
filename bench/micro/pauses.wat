;; Sleeps so many times, so many calls deep. bench/switch.py pauses it each time, from its host.
(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 2)

  ;; Each frame has an i32 and an i64 that live across its call.
  (func $deep (param $depth i32) (param $times i32) (param $sum i64) (result i64)
    (if (result i64) (i32.gt_u (local.get $depth) (i32.const 1))
      (then
        (i64.add
          (i64.mul
            (call $deep
              (i32.sub (local.get $depth) (i32.const 1))
              (local.get $times)
              (i64.add (local.get $sum) (i64.extend_i32_u (local.get $depth))))
            (local.get $sum))
          (i64.extend_i32_u (local.get $depth))))
      (else
        (loop $again (result i64)
          (local.set $sum (i64.add (local.get $sum) (i64.const 1)))
          (call $sleep)
          (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1))))
          (local.get $sum)))))

  (func (export "run") (param $depth i32) (param $times i32) (result i64)
    (call $deep (local.get $depth) (local.get $times) (i64.const 7))))
