;; Functions that begin a pause and end the rewinding, of many shapes: with -O, their code may stand where they are called.
(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (memory 1)
  (data (i32.const 16) "\00\04\00\00\00\10\00\00")
  (global $sent (mut i32) (i32.const 0))
  (global $end_of_receive (mut i32) (i32.const 0))

  ;; a value is sent to it; it returns early
  (func $receive (result i32)
    (block $again  ;; the caller has a label of this name
      (br_if $again (i32.ne (call $get_state) (i32.const 2)))
      (call $stop_rewind)
      (return (i32.add (global.get $end_of_receive) (global.get $sent))))

    (call $start_unwind (i32.const 16))
    (i32.const 0)) ;; what it returns while unwinding
  ;; branches to its own end by number
  (func $by_number
    (if (call $get_state) (then (call $stop_rewind) (br 1)))
    (call $start_unwind (i32.const 16))
    (block (br 1))
    (unreachable))
  (func $flat (result i64 i32)
    call $get_state if call $stop_rewind i64.const 7 global.get $sent return end
    i32.const 16
    call $start_unwind
    i32.const 0 if (result i64 i32) unreachable else i64.const 0 i32.const 0 end)
  (func $table_of_labels (result i32)
    (drop (block $start (result i32)
      (br_table $start $start 1 (i32.add (i32.const 40) (global.get $sent)) (call $state))))
    (call $start_unwind (i32.const 16))
    (i32.const 0))
  (func $state (result i32) (if (result i32) (i32.eq (call $get_state) (i32.const 2))
    (then (call $stop_rewind) (i32.const 2)) (else (i32.const 0))))
  ;; these stay
  (func $with_local (result i32) (local $x i32)
    (if (call $get_state) (then (call $stop_rewind) (return (i32.add (local.get $x) (global.get $sent)))))
    (local.set $x (i32.const 16))
    (call $start_unwind (local.get $x))
    (local.get $x))
  (func $with_parameter (param $data i32) (result i32)
    (if (call $get_state) (then (call $stop_rewind) (return (i32.mul (i32.const 2) (global.get $sent)))))
    (call $start_unwind (local.get $data))
    (local.get $data))
  (func $large (result i32)
    (if (call $get_state) (then (call $stop_rewind) (return (i32.mul (i32.const 2) (i32.mul (i32.const 2) (global.get $sent))))))
    (global.set $sent (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1)
      (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1) (global.get $sent))))))))))
    (global.set $sent (i32.sub (global.get $sent) (i32.const 8)))
    (global.set $sent (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1)
      (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1) (i32.add (i32.const 1) (global.get $sent))))))))))
    (global.set $sent (i32.sub (global.get $sent) (i32.const 8)))
    (call $start_unwind (i32.const 16))
    (i32.const 0))

  (func $sum (result i32) (local $sum i32) (local $left i32)
    (local.set $left (i32.const 3))
    (loop $again
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 10)) (call $receive (; nothing ;))))
      (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 10)) (call $receive)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (local.get $sum))
  (func $mixed (result i32) (local $kept i32)
    (local.set $kept (i32.const 100))
    (call $by_number)
    call $flat
    local.get $kept
    i32.add
    local.set $kept
    i32.wrap_i64
    local.get $kept
    i32.add
    (i32.add (call $with_local))
    (drop (call $with_parameter (i32.const 16)))
    (i32.add (call $with_parameter (i32.add (i32.const 10) (i32.const 6)))))
  (func $second (result i32) (i32.add (call $large) (call $table_of_labels)))

  (table funcref (elem $sum $mixed $second))
  ;; sends 1, 2, 3 .. until it has the result; that, and what was sent last
  (func (export "run") (param $which i32) (result i32 i32) (local $result i32)
    (global.set $sent (i32.const 0))
    (block $done
      (loop $again
        (local.set $result (call_indirect (result i32) (local.get $which)))
        (br_if $done (i32.eqz (call $get_state)))
        (call $stop_unwind)
        (global.set $sent (i32.add (global.get $sent) (i32.const 1)))
        (call $start_rewind (i32.const 16))
        (br $again)))
    (local.get $result) (global.get $sent))
)
(assert_return (invoke "run" (i32.const 0)) (i32.const 123456) (i32.const 6))
(assert_return (invoke "run" (i32.const 1)) (i32.const 122) (i32.const 5))
(assert_return (invoke "run" (i32.const 2)) (i32.const 46) (i32.const 2))
(assert_return (invoke "bysyncify_get_state") (i32.const 0))
