;; input.wat
(module
  (memory 1 1)
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $bysyncify_start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $bysyncify_stop_unwind))
  (import "bysyncify" "start_rewind" (func $bysyncify_start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $bysyncify_stop_rewind))
  (global $sleeping (mut i32) (i32.const 0))
  (start $runtime)
  (func $main
    (call $print (i32.const 1))
    (call $sleep)
    (call $print (i32.const 3))
  )
  (func $sleep
    (if
      (i32.eqz (global.get $sleeping))
      (block
        ;; Start to sleep.
        (global.set $sleeping (i32.const 1))
        (i32.store (i32.const 16) (i32.const 24))
        (i32.store (i32.const 20) (i32.const 1024))
        (call $bysyncify_start_unwind (i32.const 16))
      )
      (block
        ;; Resume after sleep.
        (call $bysyncify_stop_rewind)
        (global.set $sleeping (i32.const 0))
      )
    )
  )
  (func $runtime
    ;; Call main the first time, let the stack unwind.
    (call $main)
    (call $bysyncify_stop_unwind)
    ;; We could do anything we want around here while
    ;; the code is paused!
    (call $print (i32.const 2))
    ;; Set the rewind in motion.
    (call $bysyncify_start_rewind (i32.const 16))
    (call $main)
  )
)
