;; Jumps as those of setjmp and longjmp: $setjmp returns 0, and once more, with another value, whenever $longjmp is called
;; somewhere below. Here it is an error that leaves a recursion.
;;
;; $setjmp unwinds the stack and rewinds it at once. The frames stay in memory where they are, so $longjmp can unwind
;; the stack as it is by then to where nobody will look, and rewind from those frames again. Locals are then what they
;; were at the call of $setjmp; globals and memory stay what they are.
;;
;; prints: -57 -13 63 33
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (memory 1)

  ;; At 0x1000 is what C calls a jmp_buf: where the next frame goes, where their room ends, where the next went when all
  ;; were there; then the frames. At 0x2000 is a data structure for frames that nobody will look at.
  (data (i32.const 0x1004) "\00\20\00\00")
  (data (i32.const 0x2004) "\00\30\00\00")
  (global $buffer (mut i32) (i32.const 0))     ;; of the call that unwinds: where to go on from
  (global $value (mut i32) (i32.const 0))      ;; and what $setjmp returns then
  (global $is_setjmp (mut i32) (i32.const 0))  ;; whether it is $setjmp that unwinds
  (start $run)

  ;; 60 / x + 3 for x from -1 to 2, with the 3 from three levels of recursion; or the error, negated.
  (func $main (local $x i32) (local $error i32)
    (local.set $x (i32.const -1))
    (loop $next
      (local.set $error (call $setjmp (i32.const 0x1000)))
      (if (i32.eqz (local.get $error))
        (then (call $print (call $deep (i32.const 3) (local.get $x))))
        (else (call $print (i32.sub (i32.const 0) (local.get $error)))))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $next (i32.le_s (local.get $x) (i32.const 2))))
  )
  (func $deep (param $levels i32) (param $x i32) (result i32)
    (if (i32.eqz (local.get $levels))
      (then (return (call $divide (i32.const 60) (local.get $x)))))
    (i32.add (i32.const 1) (call $deep (i32.sub (local.get $levels) (i32.const 1)) (local.get $x)))
  )
  (func $divide (param $a i32) (param $b i32) (result i32)
    (if (i32.eqz (local.get $b))
      (then (call $longjmp (i32.const 0x1000) (i32.const 13))))
    (i32.div_s (local.get $a) (local.get $b))
  )

  (func $setjmp (param $at i32) (result i32)
    (if (i32.eq (call $get_state) (i32.const 2))
      (then
        (call $stop_rewind)
        (return (global.get $value))))
    (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 12)))
    (call $unwind (local.get $at) (local.get $at) (i32.const 0))
    (i32.const 0)  ;; nobody sees it: the stack unwinds
  )
  (func $longjmp (param $at i32) (param $result i32)
    (i32.store (i32.const 0x2000) (i32.const 0x2008))
    (call $unwind (i32.const 0x2000) (local.get $at) (local.get $result))
  )
  (func $unwind (param $to i32) (param $at i32) (param $result i32)
    (global.set $is_setjmp (i32.eq (local.get $to) (local.get $at)))
    (global.set $buffer (local.get $at))
    (global.set $value (local.get $result))
    (call $start_unwind (local.get $to))
  )

  ;; Calls $main, and again for each jump.
  (func $run
    (call $main)
    (loop $jumps
      (if (call $get_state)
        (then
          (call $stop_unwind)
          (if (global.get $is_setjmp)
            (then (i32.store offset=8 (global.get $buffer) (i32.load (global.get $buffer))))
            (else (i32.store (global.get $buffer) (i32.load offset=8 (global.get $buffer)))))
          (call $start_rewind (global.get $buffer))
          (call $main)
          (br $jumps))))
  )
)
