;; A frame that would end where addresses end: it does not fit, for no stack has its end there.
;; forms: skip
;; forms: jump
;; forms: -O
;; forms: -Os
;; checks: none                        for they make frames larger
;; A frame is the number of the call and an i32, 8 bytes, which are there; the stack's end is the last address.
(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (memory 65536)
  (func $pause (call $start_unwind (i32.const 16)))
  (func $main (param $x i32)
    (call $pause)
    (call $pause)
    (drop (local.get $x)))
  (func (export "run") (param $position i32)
    (i32.store (i32.const 16) (local.get $position))
    (i32.store (i32.const 20) (i32.const -1))
    (call $main (i32.const 5))
    (call $stop_unwind))
  (func (export "position") (result i32) (i32.load (i32.const 16)))
)
(assert_return (invoke "run" (i32.const -12)))
(assert_return (invoke "position") (i32.const -4))
(assert_trap (invoke "run" (i32.const -8)) "unreachable")
