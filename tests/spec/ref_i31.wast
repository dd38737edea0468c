;; References to i31 alive across a pause: i31ref and (ref i31), as locals, parameters, operands, results.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print->i32" (func $take (param i31ref (ref i31)) (result i32)))
  (import "spectest" "print->i31ref" (func $null (result i31ref)))
  (memory (export "memory") 1)
  (func (export "locals") (param $x i32) (result i32) (local $a i31ref) (local $b (ref i31)) (local $null i31ref)
    (local.set $a (ref.i31 (local.get $x)))
    (local.set $b (ref.i31 (call $next (i32.const 1))))
    (drop (call $next (i32.const 2)))
    (if (i32.eqz (ref.is_null (local.get $null))) (then (unreachable)))
    (i32.sub (i31.get_s (local.get $a)) (i31.get_u (local.get $b))))
  (func $make (param $x i32) (result (ref i31)) (ref.i31 (call $next (local.get $x))))
  (func (export "operands") (param $x i32) (result i31ref i32)
    (ref.i31 (local.get $x))
    (call $take (call $null) (call $make (i32.const 3))))
  (func $keep (param $a i31ref) (param $b (ref i31)) (result (ref i31) i31ref)
    (drop (call $take (local.get $a) (local.get $b)))
    (local.get $b) (local.get $a))
  (func (export "parameters") (param $x i32) (result i31ref i31ref)
    (call $keep (ref.i31 (local.get $x)) (call $make (i32.const 4))))
  (func (export "null") (param $x i32) (result i31ref i31ref)
    (call $keep (ref.null i31) (call $make (i32.const 5))))
  (func (export "flat") (param i32) (result i32)
    local.get 0
    call $make
    local.get 0
    call $make
    i31.get_s
    call $next
    drop
    i31.get_s)
)
(assert_return (invoke "locals" (i32.const -5)) (i32.const -16))
(assert_return (invoke "operands" (i32.const -1)) (ref.i31 2147483647) (i32.const 94))
(assert_return (invoke "parameters" (i32.const 70)) (ref.i31 64) (ref.i31 70))
(assert_return (invoke "null" (i32.const 70)) (ref.i31 85) (ref.null any))
(assert_return (invoke "flat" (i32.const -300)) (i32.const -200))
