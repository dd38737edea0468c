;; The article's example, in 2019 text: a sleep that unwinds to the start function, which resumes it.
;; prints: print (i32.const 1)
;; prints: print (i32.const 2)
;; prints: print (i32.const 3)
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
        (global.set $sleeping (i32.const 1))
        (i32.store (i32.const 16) (i32.const 24))
        (i32.store (i32.const 20) (i32.const 1024))
        (call $bysyncify_start_unwind (i32.const 16))
      )
      (block
        (call $bysyncify_stop_rewind)
        (global.set $sleeping (i32.const 0))
      )
    )
  )
  (func $runtime
    (call $main)
    (call $bysyncify_stop_unwind)
    (call $print (i32.const 2))
    (call $bysyncify_start_rewind (i32.const 16))
    (call $main)
  )
)
