;; Flat and folded text mixed, as wasm2wat -f prints it: operands left on the stack between statements.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "f") (param i32) (result i32)
    (local i32 i32)
    (local.get 0)
    (call $next
      (i32.const 1))
    (local.set 1
      (i32.const 9))
    (i32.mul)
    (local.get 1)
    call $next
    (i32.sub (call $next (local.get 0)))
    (i32.add)
    local.tee 2
    (br_if 0 (local.get 0))
    (drop)
    local.get 2
    (if (result i32) (i32.lt_s (local.get 1)) (then local.get 2 (call $next)) (else i32.const 3))
  )
)
(assert_return (invoke "f" (i32.const 5)) (i32.const 49))
(assert_return (invoke "f" (i32.const 0)) (i32.const 69))
