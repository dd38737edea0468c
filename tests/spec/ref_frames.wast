;; References of three kinds in each of many frames, null and not, that come and go: each frame gets its own ones back.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $f (func (param i32) (result i32)))
  (elem declare func $plain_one $plain_two)
  (func $plain_one (param i32) (result i32) (local.get 0))
  (func $plain_two (param i32) (result i32) (i32.mul (i32.const 2) (local.get 0)))
  (func $down (export "down") (param $n i32) (result i32)
    (local $i i31ref) (local $e externref) (local $f (ref $f)) (local $sum i32)
    (if (i32.eqz (local.get $n)) (then (return (call $next (i32.const 1)))))
    (if (i32.rem_u (local.get $n) (i32.const 3)) (then (local.set $i (ref.i31 (local.get $n)))))
    (if (i32.rem_u (local.get $n) (i32.const 4)) (then (local.set $e (extern.convert_any (ref.i31 (local.get $n))))))
    (local.set $f
      (select (result (ref $f)) (ref.func $plain_one) (ref.func $plain_two) (i32.and (local.get $n) (i32.const 1))))
    (local.set $sum (call $down (i32.sub (local.get $n) (i32.const 1))))
    (if (i32.eqz (i32.rem_u (local.get $n) (i32.const 5))) (then
      (local.set $sum (i32.add (local.get $sum) (call $next (call $down (i32.const 2)))))))
    (if (i32.ne (ref.is_null (local.get $i)) (i32.eqz (i32.rem_u (local.get $n) (i32.const 3)))) (then (unreachable)))
    (block $null
      (br_on_null $null (local.get $i))
      (if (i32.ne (i31.get_s) (local.get $n)) (then (unreachable))))
    (block $null
      (br_on_null $null (any.convert_extern (local.get $e)))
      (if (i32.ne (i31.get_s (ref.cast (ref i31))) (local.get $n)) (then (unreachable))))
    (i32.add (local.get $sum) (call_ref $f (local.get $n) (local.get $f))))
)
(assert_return (invoke "down" (i32.const 0)) (i32.const 11))
(assert_return (invoke "down" (i32.const 1)) (i32.const 22))
(assert_return (invoke "down" (i32.const 12)) (i32.const 383))
(assert_return (invoke "down" (i32.const 100)) (i32.const 19201))
