;; Folded ifs whose conditions stand before them, flat, with results and parameters.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "waiting") (param $x i32) (result i32)
    i32.const 7
    local.get $x
    (if (result i32) (then (call $next (i32.const 1))) (else (i32.const 4)))
    i32.add
  )
  (func (export "parameter") (param $x i32) (result i32)
    i32.const 9
    local.get $x
    i32.eqz
    (if (param i32) (result i32) (then (call $next)) (else i32.const 4 i32.add))
    call $next
  )
)
(assert_return (invoke "waiting" (i32.const 1)) (i32.const 18))
(assert_return (invoke "waiting" (i32.const 0)) (i32.const 11))
(assert_return (invoke "parameter" (i32.const 1)) (i32.const 33))
(assert_return (invoke "parameter" (i32.const 0)) (i32.const 79))
