;; Ten million tail calls that pause every 1,000th time, by each of the three instructions: the frames fit into 40 bytes.
(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (type $next (func (param i32 i32) (result i32)))
  (memory 1)
  (data (i32.const 16) "\18\00\00\00\40\00\00\00")
  (table 3 funcref)
  (elem (i32.const 0) $direct $indirect $by_reference)
  (global $pauses (export "pauses") (mut i32) (i32.const 0))
  (global $rewinds (mut i32) (i32.const 0))

  (func $pause
    (if (i32.eq (call $get_state) (i32.const 2))
      (then (call $stop_rewind))
      (else
        (global.set $pauses (i32.add (global.get $pauses) (i32.const 1)))
        (call $start_unwind (i32.const 16)))))

  (func $direct (type $next) (param $n i32) (param $sum i32) (result i32)
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 1000))) (then (call $pause)))
    (return_call $indirect (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (i32.const 1))))

  (func $indirect (type $next) (param $n i32) (param $sum i32) (result i32)
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 1000))) (then (call $pause)))
    (return_call_indirect (type $next)
      (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (i32.const 2)) (i32.const 2)))

  (func $by_reference (type $next) (param $n i32) (param $sum i32) (result i32)
    (if (i32.le_s (local.get $n) (i32.const 0)) (then (return (local.get $sum))))
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 1000))) (then (call $pause)))
    (return_call_ref $next
      (i32.sub (local.get $n) (i32.const 1)) (i32.add (local.get $sum) (i32.const 3)) (ref.func $direct)))

  (func (export "run") (param $n i32) (result i32) (local $result i32)
    (local.set $result (call $direct (local.get $n) (i32.const 0)))
    (loop $again
      (if (call $get_state)
        (then
          (call $stop_unwind)
          (call $start_rewind (i32.const 16))
          (local.set $result (call $direct (i32.const 0) (i32.const 0)))
          (br $again))))
    (local.get $result))
  (func (export "position") (result i32) (i32.load (i32.const 16)))
)
(assert_return (invoke "run" (i32.const 10000001)) (i32.const 20000001))
(assert_return (get "pauses") (i32.const 10000))
(assert_return (invoke "position") (i32.const 24))
