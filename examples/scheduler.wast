;; A scheduler: tasks, each with its own stack, sleep for some ticks of a clock, start others, and wait for others to end.
;;
;; A task is any function with one argument; it stands in a table. Its record in memory has the data structure that its
;; frames go to, and what the scheduler must know to call it again.
;;
;; prints: 100 200 101 102 201 202 300 301 302 900
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (memory 1)
  (type $task (func (param i32)))
  (table funcref (elem $main $count))

  ;; Records of 0x400 bytes, from 0x1000:
  ;;    0 where the next frame goes    4 where the room for frames ends
  ;;    8 its function in the table   12 the function's argument
  ;;   16 the tick at which it wakes  20 0 if it is new, 1 if it is paused, 2 if it has ended
  ;;   24 the frames
  (global $tasks (mut i32) (i32.const 0))    ;; how many there are
  (global $running (mut i32) (i32.const 0))  ;; the record of the one that runs
  (global $tick (mut i32) (i32.const 0))
  (start $run)

  ;; The tasks.
  (func $main (param i32) (local $fast i32) (local $slow i32)
    (local.set $fast (call $spawn (i32.const 1) (i32.const 100)))  ;; counts from 100
    (local.set $slow (call $spawn (i32.const 1) (i32.const 200)))
    (call $wait (local.get $fast))
    (call $wait (call $spawn (i32.const 1) (i32.const 300)))
    (call $wait (local.get $slow))
    (call $print (i32.const 900))
  )

  ;; Prints three numbers, and sleeps behind each: one tick from 100 on, two from 200 on.
  (func $count (param $number i32) (local $ticks i32) (local $end i32)
    (local.set $ticks (i32.div_u (local.get $number) (i32.const 100)))
    (local.set $end (i32.add (local.get $number) (i32.const 3)))
    (loop $again
      (call $print (local.get $number))
      (call $sleep (local.get $ticks))
      (local.set $number (i32.add (local.get $number) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $number) (local.get $end))))
  )

  ;; What tasks can ask for. All waiting is sleeping, and only $sleep pauses.
  (func $spawn (param $function i32) (param $argument i32) (result i32) (local $task i32)
    (local.set $task (i32.add (i32.const 0x1000) (i32.mul (global.get $tasks) (i32.const 0x400))))
    (global.set $tasks (i32.add (global.get $tasks) (i32.const 1)))
    (i32.store (local.get $task) (i32.add (local.get $task) (i32.const 24)))
    (i32.store offset=4 (local.get $task) (i32.add (local.get $task) (i32.const 0x400)))
    (i32.store offset=8 (local.get $task) (local.get $function))
    (i32.store offset=12 (local.get $task) (local.get $argument))
    (i32.store offset=16 (local.get $task) (global.get $tick))
    (local.get $task)
  )
  (func $wait (param $task i32)
    (loop $again
      (if (i32.ne (i32.load offset=20 (local.get $task)) (i32.const 2))
        (then
          (call $sleep (i32.const 1))
          (br $again))))
  )
  (func $sleep (param $ticks i32)
    (if (i32.eq (call $get_state) (i32.const 2))
      (then (call $stop_rewind))
      (else
        (i32.store offset=16 (global.get $running) (i32.add (global.get $tick) (local.get $ticks)))
        (call $start_unwind (global.get $running))))
  )

  ;; The scheduler: at each tick, a turn for each task that is awake; until all have ended.
  (func $run (local $number i32) (local $task i32) (local $left i32)
    (drop (call $spawn (i32.const 0) (i32.const 0)))
    (loop $ticks
      (local.set $number (i32.const 0))
      (local.set $left (i32.const 0))
      (loop $each
        (local.set $task (i32.add (i32.const 0x1000) (i32.mul (local.get $number) (i32.const 0x400))))
        (if (i32.ne (i32.load offset=20 (local.get $task)) (i32.const 2))
          (then
            (local.set $left (i32.const 1))
            (if (i32.le_u (i32.load offset=16 (local.get $task)) (global.get $tick))
              (then (call $turn (local.get $task))))))
        (local.set $number (i32.add (local.get $number) (i32.const 1)))
        (br_if $each (i32.lt_u (local.get $number) (global.get $tasks))))  ;; also those that were started just now
      (global.set $tick (i32.add (global.get $tick) (i32.const 1)))
      (br_if $ticks (local.get $left)))
  )
  (func $turn (param $task i32)
    (global.set $running (local.get $task))
    (if (i32.eq (i32.load offset=20 (local.get $task)) (i32.const 1))
      (then (call $start_rewind (local.get $task))))
    (call_indirect (type $task) (i32.load offset=12 (local.get $task)) (i32.load offset=8 (local.get $task)))
    (i32.store offset=20 (local.get $task) (select (i32.const 1) (i32.const 2) (call $get_state)))
    (if (call $get_state)
      (then (call $stop_unwind)))
  )
)
