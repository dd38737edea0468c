;; Two coroutines: each runs until it calls $pass, which pauses it and lets the other go on where that was.
;;
;; Each has a stack of its own in memory: a data structure, and behind it room for frames. To pause is to unwind to it,
;; to go on is to rewind from it. Both are two calls deep in the middle of a loop at each switch, and need not know it.
;;
;; prints: 1 -2 3 -4 5
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (memory 1)

  ;; The stacks, at 0x1000 and 0x1800: where the next frame goes, where the room for frames ends, whether the coroutine
  ;; is paused (frames do not tell: one that has nothing to save is empty); then the frames.
  (data (i32.const 0x1000) "\0c\10\00\00" "\00\18\00\00")
  (data (i32.const 0x1800) "\0c\18\00\00" "\00\20\00\00")
  (global $running (mut i32) (i32.const 0))  ;; the stack of the coroutine that runs
  (global $ball (mut i32) (i32.const 0))
  (start $main)

  ;; What the coroutines do: one prints the ball as it is, the other negated.
  (func $ping
    (loop $again
      (call $hit (i32.const 1))
      (br_if $again (i32.lt_s (global.get $ball) (i32.const 5))))
  )
  (func $pong
    (loop $again
      (call $hit (i32.const -1))
      (br_if $again (i32.lt_s (global.get $ball) (i32.const 5))))
  )
  (func $hit (param $sign i32)
    (global.set $ball (i32.add (global.get $ball) (i32.const 1)))
    (call $print (i32.mul (global.get $ball) (local.get $sign)))
    (call $pass)
  )

  ;; Pauses the coroutine that calls it. It is called twice: to pause; and again when the stack is rewound, and then its
  ;; caller goes on.
  (func $pass
    (if (i32.eq (call $get_state) (i32.const 2))
      (then (call $stop_rewind))
      (else (call $start_unwind (global.get $running))))
  )

  ;; Lets a coroutine run until it pauses; 0 if it has come to its end instead.
  (func $turn (param $stack i32) (result i32)
    (global.set $running (local.get $stack))
    ;; If it is paused, its frames lead back to where it was.
    (if (i32.load offset=8 (local.get $stack))
      (then (call $start_rewind (local.get $stack))))
    (if (i32.eq (local.get $stack) (i32.const 0x1000))
      (then (call $ping))
      (else (call $pong)))
    (i32.store offset=8 (local.get $stack) (call $get_state))  ;; 1 if it unwinds, 0 if it has ended
    (if (i32.load offset=8 (local.get $stack))
      (then (call $stop_unwind)))
    (i32.load offset=8 (local.get $stack))
  )

  (func $main (local $first i32) (local $second i32)
    (local.set $first (call $turn (i32.const 0x1000)))
    (local.set $second (call $turn (i32.const 0x1800)))
    (loop $again
      (if (local.get $first) (then (local.set $first (call $turn (i32.const 0x1000)))))
      (if (local.get $second) (then (local.set $second (call $turn (i32.const 0x1800)))))
      (br_if $again (i32.or (local.get $first) (local.get $second))))
  )
)
