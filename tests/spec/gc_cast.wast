;; Casts and tests of what pausing calls give: ref.cast, ref.test, ref.eq, ref.is_null, ref.as_non_null, i31.get.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print->externref" (func $extern (param externref) (result externref)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (type $bytes (array i8))
  (func $make (param $x i32) (result anyref) (local $y i32)
    (local.set $y (call $next (local.get $x)))
    (block $3 (block $2 (block $1 (block $0
      (br_table $0 $1 $2 $3 (local.get $x)))
      (return (ref.null any)))
      (return (ref.i31 (local.get $y))))
      (return (struct.new $box (local.get $y))))
    (array.new $bytes (i32.const 1) (local.get $y)))
  (func (export "test") (param $x i32) (result i32)
    (i32.add (ref.test (ref $box) (call $make (local.get $x)))
      (i32.add (i32.mul (i32.const 10) (ref.test i31ref (call $make (local.get $x))))
        (i32.mul (i32.const 100) (ref.is_null (call $make (local.get $x)))))))
  (func (export "cast") (param $x i32) (result i32)
    (i32.sub (call $next (i32.const 0)) (struct.get $box 0 (ref.cast (ref $box) (call $make (local.get $x))))))
  (func (export "flat") (param i32) (result i32)
    local.get 0
    call $make
    ref.cast (ref null i31)
    i32.const 3
    call $make
    ref.cast (ref $bytes)
    array.len
    call $next
    drop
    i31.get_u)
  (func (export "eq") (param $x i32) (result i32) (local $a (ref null $box))
    (local.set $a (ref.cast (ref null $box) (call $make (i32.const 2))))
    (i32.add
      (ref.eq (local.get $a) (ref.cast eqref (call $make (local.get $x))))
      (i32.mul (i32.const 10)
        (ref.eq (block (result eqref) (drop (call $next (i32.const 1))) (local.get $a)) (local.get $a)))))
  (func (export "non-null") (param $x i32) (result (ref any))
    (ref.as_non_null (call $make (local.get $x))))
  (func (export "extern") (param $x i32) (result externref i32)
    (call $extern (extern.convert_any (call $make (local.get $x))))
    (i31.get_s (ref.cast i31ref (any.convert_extern (extern.convert_any (call $make (i32.const 1)))))))
)
(assert_return (invoke "test" (i32.const 0)) (i32.const 110))
(assert_return (invoke "test" (i32.const 1)) (i32.const 10))
(assert_return (invoke "test" (i32.const 2)) (i32.const 1))
(assert_return (invoke "test" (i32.const 3)) (i32.const 0))
(assert_return (invoke "cast" (i32.const 2)) (i32.const -12))
(assert_trap (invoke "cast" (i32.const 1)) "cast failure")
(assert_return (invoke "flat" (i32.const 1)) (i32.const 171))
(assert_trap (invoke "flat" (i32.const 0)) "null i31 reference")
(assert_return (invoke "eq" (i32.const 0)) (i32.const 10))
(assert_return (invoke "eq" (i32.const 2)) (i32.const 10))
(assert_return (invoke "non-null" (i32.const 1)) (ref.i31 291))
(assert_trap (invoke "non-null" (i32.const 0)) "null reference")
(assert_return (invoke "extern" (i32.const 1)) (ref.extern 321) (i32.const 331))
