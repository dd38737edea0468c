;; Lists that leave more than one value, or drop some inside, and the types of what they leave, while a call pauses.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $f (func (param i32) (result i32)))
  (type $b (struct (field i32)))
  (elem declare func $add)
  (func $add (param i32) (result i32) (i32.add (local.get 0) (i32.const 100)))
  (func (export "block") (param $x i32) (result i32)
    (i32.add
      (call_ref $f (block (result i32 (ref $f)) (local.get $x) (ref.func $add)))
      (call $next (i32.const 1))))
  (func (export "drop") (param $x i32) (result i32)
    (struct.get $b 0
      (ref.as_non_null (drop (struct.new $b (local.get $x)) (i32.const 0)))
      (drop (call $next (i32.const 2)))))
  (func (export "convert") (param $x i32) (result i32)
    (i31.get_s
      (ref.cast (ref i31)
        (any.convert_extern (drop (extern.convert_any (ref.i31 (local.get $x))) (f64.const 0)))
        (drop (call $next (i32.const 3))))))
)
(assert_return (invoke "block" (i32.const 5)) (i32.const 116))
(assert_return (invoke "drop" (i32.const 6)) (i32.const 6))
(assert_return (invoke "convert" (i32.const 7)) (i32.const 7))
