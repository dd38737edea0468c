;; Control functions called in all ways to write a call: flat, folded, mixed, by number, with comments.
;; prints: print (i32.const 1)
;; prints: print (i32.const 2)
;; prints: print (i32.const 3)
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func (;4;)))
  (memory 1)
  (data (i32.const 16) "\18\00\00\00\00\04\00\00")
  (global $sleeping (mut i32) (i32.const 0))
  (func $sleep
    global.get $sleeping
    if call 4 i32.const 0 global.set $sleeping
    else i32.const 1 global.set $sleeping i32.const 16 call $start_unwind end)
  (func $twice (param $x i32) (result i32)
    (call $print (local.get $x))
    (call $sleep)
    (call $print (i32.add (local.get $x) (i32.const 1)))
    (call $sleep)
    (i32.add (local.get $x) (i32.const 2)))
  (func $other
    i32.const 16
    (call $start_rewind) ;; the pointer is on the operand stack
  )
  (func $go (result i32) (local $found i32)
    (local.set $found (call $twice (i32.const 1)))
    (call $stop_unwind (; nothing to give ;) (nop))
    (call (; why ;) $start_rewind (; not ;) (block (result i32) (nop) (i32.const 16))) ;; behind
    (local.set $found (call $twice (i32.const 1))) (call $stop_unwind)
    (call $other)
    (call $twice (i32.const 1))
  )
  (func (export "go") (call $print (call $go)))
)
(invoke "go")
