;; `br_on_cast` and `br_on_cast_fail` around pausing calls, with values, by name and by number, folded and flat.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (func $some (param $x i32) (result anyref) (local $y i32)
    (local.set $y (call $next (i32.const 1)))
    (if (i32.eqz (local.get $x)) (then (return (ref.null any))))
    (if (i32.eq (local.get $x) (i32.const 1)) (then (return (ref.i31 (local.get $y)))))
    (struct.new $box (local.get $y)))
  (func (export "cast") (param $x i32) (result i32) (local $i i31ref)
    (block $i31 (result i32 (ref i31))
      (block $box (result i32 (ref $box))
        (call $next (i32.const 2))
        (br_on_cast $i31 anyref (ref i31) (call $some (local.get $x)))
        (br_on_cast $box anyref (ref $box))
        (return (i32.add (ref.is_null) (call $next (i32.const 3)))))
      (return (i32.mul (struct.get $box 0) (call $next (i32.const 4)))))
    (local.set $i)
    (i32.add (i32.sub (call $next (i32.const 5))) (i31.get_s (local.get $i))))
  (func (export "fail") (param $x i32) (result i32)
    (block $other (result (ref any))
      (block $null (result anyref)
        (br_on_cast_fail $null anyref (ref any) (call $some (local.get $x)))
        (drop (call $next (i32.const 6)))
        (br_on_cast_fail $other (ref any) (ref i31))
        (return (i32.sub (i31.get_u) (call $next (i32.const 7)))))
      (return (i32.add (ref.is_null) (call $next (i32.const 8)))))
    (struct.get $box 0 (ref.cast (ref $box)))
    (i32.add (call $next (i32.const 9))))
  (func (export "flat") (param i32) (result i32)
    block (result anyref)
      local.get 0
      call $some
      br_on_cast_fail 0 anyref (ref $box)
      struct.get $box 0
      i32.const 2
      call $next
      i32.sub
      return
    end
    i32.const 3
    call $next
    drop
    ref.cast i31ref
    i31.get_u)
)
(assert_return (invoke "cast" (i32.const 0)) (i32.const 34))
(assert_return (invoke "cast" (i32.const 1)) (i32.const 28))
(assert_return (invoke "cast" (i32.const 2)) (i32.const 7614))
(assert_return (invoke "fail" (i32.const 0)) (i32.const 119))
(assert_return (invoke "fail" (i32.const 1)) (i32.const -26))
(assert_return (invoke "fail" (i32.const 2)) (i32.const 330))
(assert_trap (invoke "flat" (i32.const 0)) "null i31 reference")
(assert_return (invoke "flat" (i32.const 1)) (i32.const 201))
(assert_return (invoke "flat" (i32.const 2)) (i32.const -11))
