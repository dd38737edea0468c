;; Select with pausing operands, each and all.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "first") (param i32) (result i32) (select (call $next (i32.const 1)) (i32.const 2) (local.get 0)))
  (func (export "second") (param i32) (result i32) (select (i32.const 1) (call $next (i32.const 2)) (local.get 0)))
  (func (export "condition") (param i32) (result i32)
    (select (result i32) (i32.const 1) (i32.const 2) (i32.and (call $next (local.get 0)) (i32.const 1))))
  (func (export "all") (param i32) (result i64)
    local.get 0
    call $next
    i64.extend_i32_s
    local.get 0
    call $next
    i64.extend_i32_s
    local.get 0
    call $next
    i32.const 1
    i32.and
    select (result i64)
  )
)
(assert_return (invoke "first" (i32.const 1)) (i32.const 11))
(assert_return (invoke "first" (i32.const 0)) (i32.const 2))
(assert_return (invoke "second" (i32.const 1)) (i32.const 1))
(assert_return (invoke "second" (i32.const 0)) (i32.const 42))
(assert_return (invoke "condition" (i32.const 1)) (i32.const 1))
(assert_return (invoke "condition" (i32.const 0)) (i32.const 2))
(assert_return (invoke "all" (i32.const 1)) (i64.const 71))
(assert_return (invoke "all" (i32.const 0)) (i64.const 110))
