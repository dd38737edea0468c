;; Backtracking: $choose returns a number, and $fail goes back to the last $choose that has another one, which then
;; returns that instead. The program reads as if $choose knew which number is the right one.
;;
;; $choose is like setjmp, and $fail like longjmp (see longjmp.wast), but a call of $choose returns many times, also when
;; the function that made it has returned since: the frames in memory have the whole stack as it was.
;;
;; All triangles with a right angle and sides up to 13 that are whole numbers; then how often $fail was called.
;;
;; prints: 3 4 5 5 12 13 6 8 10 2197
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (memory 1)

  ;; The choices that were made, each 0x400 bytes, from 0x1000:
  ;;    0 where the next frame goes    4 where the room for frames ends
  ;;    8 where it went when all were there
  ;;   12 the number that was chosen  16 the last to choose
  ;;   20 the frames
  ;; At 0x800 is a data structure for frames that nobody will look at.
  (data (i32.const 0x804) "\00\10\00\00")
  (global $choice (mut i32) (i32.const 0xc00))  ;; the last one that was made and has numbers left
  (global $is_new (mut i32) (i32.const 0))      ;; whether the stack unwinds for a new one
  (global $failed (mut i32) (i32.const 0))
  (start $run)

  (func $main (local $a i32) (local $b i32) (local $c i32)
    (local.set $a (call $choose (i32.const 13)))
    (local.set $b (call $choose (i32.const 13)))
    (local.set $c (call $choose (i32.const 13)))
    (call $require (i32.lt_u (local.get $a) (local.get $b)))
    (call $require (i32.eq
      (i32.add (i32.mul (local.get $a) (local.get $a)) (i32.mul (local.get $b) (local.get $b)))
      (i32.mul (local.get $c) (local.get $c))))
    (call $print (local.get $a))
    (call $print (local.get $b))
    (call $print (local.get $c))
    (call $fail)  ;; for the next one
  )
  (func $require (param $is_so i32)
    (if (i32.eqz (local.get $is_so))
      (then (call $fail)))
  )

  ;; A number from 1 to $last.
  (func $choose (param $last i32) (result i32)
    (if (i32.eq (call $get_state) (i32.const 2))
      (then
        (call $stop_rewind)
        (return (i32.load offset=12 (global.get $choice)))))
    (global.set $choice (i32.add (global.get $choice) (i32.const 0x400)))
    (i32.store (global.get $choice) (i32.add (global.get $choice) (i32.const 20)))
    (i32.store offset=4 (global.get $choice) (i32.add (global.get $choice) (i32.const 0x400)))
    (i32.store offset=12 (global.get $choice) (i32.const 1))
    (i32.store offset=16 (global.get $choice) (local.get $last))
    (global.set $is_new (i32.const 1))
    (call $start_unwind (global.get $choice))
    (i32.const 0)  ;; nobody sees it: the stack unwinds
  )

  ;; Goes back to the last choice that has a number left.
  (func $fail
    (global.set $failed (i32.add (global.get $failed) (i32.const 1)))
    (block $found
      (loop $back
        (br_if $found (i32.lt_u (global.get $choice) (i32.const 0x1000)))  ;; there is none: the program ends
        (br_if $found (i32.lt_u (i32.load offset=12 (global.get $choice)) (i32.load offset=16 (global.get $choice))))
        (global.set $choice (i32.sub (global.get $choice) (i32.const 0x400)))
        (br $back)))
    (global.set $is_new (i32.const 0))
    (i32.store (i32.const 0x800) (i32.const 0x808))
    (call $start_unwind (i32.const 0x800))
  )

  ;; Calls $main, and again for each choice and each number of it.
  (func $run
    (call $main)
    (loop $again
      (call $stop_unwind)
      (if (i32.ge_u (global.get $choice) (i32.const 0x1000))
        (then
          (if (global.get $is_new)
            (then (i32.store offset=8 (global.get $choice) (i32.load (global.get $choice))))
            (else
              (i32.store (global.get $choice) (i32.load offset=8 (global.get $choice)))
              (i32.store offset=12 (global.get $choice)
                (i32.add (i32.load offset=12 (global.get $choice)) (i32.const 1)))))
          (call $start_rewind (global.get $choice))
          (call $main)
          (br $again))))
    (call $print (global.get $failed))
  )
)
