;; Atomic instructions, on memory shared and not, around pauses, with operands that pause and results alive.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (memory $shared 1 1 shared)
  (func $wide (param $x i32) (result i64) (i64.extend_i32_s (call $next (local.get $x))))
  (func (export "rmw") (param $x i32) (result i32 i64)
    (i32.atomic.store $shared (i32.const 8) (call $next (local.get $x)))
    (i32.atomic.rmw.add $shared (i32.const 8) (call $next (i32.const 1)))
    (i32.sub (i32.atomic.load $shared (i32.const 8)))
    (i32.add (i32.atomic.rmw8.xchg_u $shared offset=1 (i32.and (call $next (i32.const 0)) (i32.const 1)) (i32.const 3)))
    (i64.atomic.rmw.or $shared (i32.const 8) (call $wide (i32.const 2)))
    (atomic.fence)
    (i64.sub (i64.atomic.load32_u $shared (i32.const 8)) (call $wide (i32.const 3)))
    (i64.add))
  (func (export "cmpxchg") (param $x i32) (result i32 i32)
    (i32.atomic.store (i32.const 16) (call $next (i32.const 0)))
    (i32.atomic.rmw.cmpxchg (i32.const 16)
      (i32.sub (call $next (i32.const 0)) (i32.const 10)) (call $next (local.get $x)))
    (i32.atomic.rmw.cmpxchg (i32.const 16) (local.get $x) (call $next (i32.const 4)))
    (i32.add (i32.atomic.load (i32.const 16))))
  (func (export "wait") (param i32) (result i32)
    i32.const 16
    local.get 0
    call $next
    memory.atomic.notify
    i32.const 8
    i32.const 1
    call $next
    i64.const 0
    memory.atomic.wait32 $shared
    i32.const 5
    call $next
    i32.mul
    i32.add)
  (func (export "unaligned") (param $x i32) (result i32)
    (i32.atomic.load $shared (i32.or (call $next (local.get $x)) (i32.const 1))))
)
(assert_return (invoke "rmw" (i32.const 70)) (i32.const -21) (i64.const 159))
(assert_return (invoke "cmpxchg" (i32.const 70)) (i32.const 60) (i32.const 300))
(assert_return (invoke "wait" (i32.const 1)) (i32.const 250))
(assert_trap (invoke "unaligned" (i32.const 1)) "unaligned atomic")
