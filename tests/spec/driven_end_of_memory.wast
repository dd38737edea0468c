;; A stack of frames at the end of a memory that has all addresses: what does not fit there traps, also what nobody will read.
;; forms: jump
;; forms: -O
;; checks: none                        for they make frames larger
;; A frame here is the number of the call and an i64 that is not alive at the second call: 12 bytes.
(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (memory 65536)
  (global $call (mut i32) (i32.const 0))
  (func $pause (param $call i32)
    (if (i32.eq (local.get $call) (global.get $call))
      (then (call $start_unwind (i32.const 16)))))
  (func $main (param $x i64)
    (call $pause (i32.const 1))
    (drop (i64.eqz (local.get $x)))
    (call $pause (i32.const 2)))
  (func (export "run") (param $call i32) (param $position i32)
    (global.set $call (local.get $call))
    (i32.store (i32.const 16) (local.get $position))
    (i32.store (i32.const 20) (i32.const -1))
    (call $main (i64.const 5))
    (call $stop_unwind))
  (func (export "position") (result i32) (i32.load (i32.const 16)))
)
(assert_return (invoke "run" (i32.const 1) (i32.const -16)))
(assert_return (invoke "position") (i32.const -4))
(assert_return (invoke "run" (i32.const 2) (i32.const -16)))
(assert_return (invoke "position") (i32.const -4))
(assert_trap (invoke "run" (i32.const 2) (i32.const -8)) "out of bounds memory access")
