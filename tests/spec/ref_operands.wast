;; References of all hierarchies on the operand stack below pausing calls, among numbers; select of them.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print->i64 externref f64" (func $mixed (param f32 externref) (result i64 externref f64)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (type $f (func (param i32) (result i32)))
  (elem declare func $next)
  (func $box (param $x i32) (result (ref $box)) (struct.new $box (call $next (local.get $x))))
  (func $plain_all (param i32 externref (ref $box) i64 (ref null $f) i31ref) (result i32)
    (i32.add (i32.add (local.get 0) (i32.wrap_i64 (local.get 3)))
      (i32.add (struct.get $box 0 (local.get 2)) (i31.get_s (local.get 5)))))
  (func (export "all") (param $e externref) (param $x i32) (result i32)
    (call $plain_all
      (call $next (i32.const 1))
      (local.get $e)
      (call $box (local.tee $x (call $next (local.get $x))))
      (i64.extend_i32_s (call $next (i32.const 2)))
      (ref.func $next)
      (ref.i31 (i32.sub (call $next (local.get $x)) (i32.const 50)))))
  (func (export "mixed") (param $e externref) (param $x i32) (result i64 externref f64 externref i32)
    local.get $e
    f32.const 2.5
    local.get $e
    (extern.convert_any (ref.i31 (local.get $x)))
    local.set $e
    call $mixed
    local.get $e
    call $second)
  (func $second (param externref i64 externref f64 externref) (result i64 externref f64 externref i32)
    (local.get 1) (local.get 2) (local.get 3) (local.get 0)
    (i31.get_s (ref.cast i31ref (any.convert_extern (local.get 4))))
    (i32.sub (call $next (i32.const 3))))
  (func (export "select") (param $x i32) (result i32)
    (struct.get $box 0
      (select (result (ref null $box))
        (call $box (i32.const 4)) (call $box (i32.const 5)) (i32.and (call $next (i32.const 6)) (local.get $x)))))
  (func (export "written") (param $x i32) (result i32) (local $b (ref null $box))
    (local.set $b (call $box (local.get $x)))
    (local.get $b)
    (local.set $b (struct.new $box (i32.const 3)))
    (drop (call $next (ref.is_null (local.get $b))))
    (i32.mul (struct.get $box 0) (struct.get $box 0 (local.get $b))))
)
(assert_return (invoke "all" (ref.extern 1) (i32.const 1)) (i32.const 125))
(assert_return (invoke "mixed" (ref.extern 500) (i32.const 7)) (i64.const 562) (ref.extern 563) (f64.const 564.5) (ref.extern 500) (i32.const -66))
(assert_return (invoke "mixed" (ref.null extern) (i32.const -7)) (i64.const 83) (ref.extern 84) (f64.const 85.5) (ref.null extern) (i32.const -100))
(assert_return (invoke "select" (i32.const 0)) (i32.const 115))
(assert_return (invoke "select" (i32.const -1)) (i32.const 134))
(assert_return (invoke "written" (i32.const 0)) (i32.const 480))
