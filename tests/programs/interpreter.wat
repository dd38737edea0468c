;; An interpreter of bytecode whose operations are functions in a table. Mixed: folded and flat in one function.
;; An operation gets the address behind its opcode and returns the address of the next one, or 0 at the end of a routine.
(module
  (type $operation (func (param $pc i32) (result i32)))
  (import "env" "sleep" (func $sleep (param i64)))
  (import "env" "ask" (func $ask (param i64) (result i64)))
  (import "env" "print" (func $print (param i64)))
  (memory (export "memory") 1)

  ;; 0 push  1 add  2 subtract  3 multiply  4 less  5 duplicate  6 swap  7 branch if zero  8 call  9 return
  ;; 10 print  11 ask  12 drop
  (table funcref
    (elem $push $add $subtract $multiply $less $duplicate $swap $branch $call $return $print_top $ask_top $drop))

  ;; The routine at 16: fibonacci(n).
  (data (i32.const 16)
    "\05\00\02\04"  ;; n n<2
    "\07\17"        ;; zero: go to 23
    "\09"           ;; n
    "\05\00\01\02"  ;; n n-1
    "\08\10"        ;; n f(n-1)
    "\06\00\02\02"  ;; f(n-1) n-2
    "\08\10"        ;; f(n-1) f(n-2)
    "\01\0b\09")    ;; f(n): the host is asked for it, unchanged
  ;; The routine at 48: factorial(n), printing on the way.
  (data (i32.const 48)
    "\05\07\3c"     ;; n zero: go to 60
    "\05\00\01\02"  ;; n n-1
    "\08\30"        ;; n f(n-1)
    "\03\0a\09"     ;; f(n)
    "\0c\00\01\09") ;; 1
  (global $top (mut i32) (i32.const 1024)) ;; of the stack of i64

  (func $push_value (param $value i64)
    (i64.store (global.get $top) (local.get $value))
    global.get $top
    i32.const 8
    i32.add
    global.set $top)
  (func $pop_value (result i64)
    (global.set $top (i32.sub (global.get $top) (i32.const 8)))
    (i64.load (global.get $top)))

  ;; Runs the routine at $pc on a value.
  (func $run (export "run") (param $pc i32) (param $value i64) (result i64)
    (call $push_value (local.get $value))
    (call $routine (local.get $pc))
    call $pop_value)
  (func $routine (param $pc i32)
    (loop $next
      local.get $pc
      i32.const 1
      i32.add
      (call_indirect (type $operation) (i32.load8_u (local.get $pc)))
      local.tee $pc
      br_if $next))

  (func $push (type $operation) (param $pc i32) (result i32)
    (call $push_value (i64.load8_u (local.get $pc)))
    (i32.add (local.get $pc) (i32.const 1)))
  (func $add (type $operation) (param $pc i32) (result i32)
    (call $push_value (i64.add (call $pop_value) (call $pop_value)))
    local.get $pc)
  (func $subtract (type $operation) (param $pc i32) (result i32) (local $right i64)
    call $pop_value
    local.set $right
    (call $push_value (i64.sub (call $pop_value) (local.get $right)))
    local.get $pc)
  (func $multiply (type $operation) (param $pc i32) (result i32)
    call $pop_value
    (i64.mul (call $pop_value))
    call $push_value
    local.get $pc)
  (func $less (type $operation) (param $pc i32) (result i32)
    ;; The right one is on top.
    (call $push_value (i64.extend_i32_u (i64.gt_s (call $pop_value) (call $pop_value))))
    local.get $pc)
  (func $duplicate (type $operation) (param $pc i32) (result i32) (local $value i64)
    call $pop_value
    local.tee $value
    call $push_value
    (call $push_value (local.get $value))
    local.get $pc)
  (func $swap (type $operation) (param $pc i32) (result i32) (local $one i64) (local $other i64)
    (local.set $one (call $pop_value))
    (local.set $other (call $pop_value))
    (call $push_value (local.get $one))
    (call $push_value (local.get $other))
    local.get $pc)
  (func $branch (type $operation) (param $pc i32) (result i32)
    call $pop_value
    i64.eqz
    if (result i32)
      (i32.load8_u (local.get $pc))
    else
      (i32.add (local.get $pc) (i32.const 1))
    end)
  (func $call (type $operation) (param $pc i32) (result i32)
    (call $sleep (i64.extend_i32_u (local.get $pc)))
    local.get $pc
    i32.load8_u
    call $routine
    (i32.add (local.get $pc) (i32.const 1)))
  (func $return (type $operation) (param $pc i32) (result i32)
    (i32.const 0))
  (func $print_top (type $operation) (param $pc i32) (result i32)
    call $pop_value
    (call $print (call $duplicate_value))
    call $push_value
    local.get $pc)
  ;; The value that was just popped, again.
  (func $duplicate_value (result i64)
    (i64.load (global.get $top)))
  (func $ask_top (type $operation) (param $pc i32) (result i32)
    (call $push_value (call $ask (call $pop_value)))
    local.get $pc)
  (func $drop (type $operation) (param $pc i32) (result i32)
    (drop (call $pop_value))
    local.get $pc))
