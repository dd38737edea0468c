;; A recursion whose frames hold a local of each type: $down with 3, 2, 1 and 0, and then it sleeps.
(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (type $pair (struct (field i32) (field i64)))
  (memory (export "memory") 1)
  (func $down (param $n i32) (param $host externref) (result i32)
    (local $long i64)
    (local $single f32)
    (local $double f64)
    (local $vector v128)
    (local $function funcref)
    (local $pair (ref null $pair))
    (local.set $long (i64.sub (i64.const -9000000000) (i64.extend_i32_u (local.get $n))))
    (local.set $single (f32.add (f32.const 0.5) (f32.convert_i32_u (local.get $n))))
    (local.set $double (f64.div (f64.const 1) (f64.convert_i32_u (local.get $n))))
    (local.set $vector (i32x4.splat (i32.mul (local.get $n) (i32.const 0x01010101))))
    (if (i32.and (local.get $n) (i32.const 1)) (then
      (local.set $function (ref.func $down))
      (local.set $pair (struct.new $pair (local.get $n) (local.get $long)))
    ))
    (if (local.get $n)
      (then
        (local.set $n
          (i32.add
            (local.get $n)
            (call $down
              (i32.sub (local.get $n) (i32.const 1))
              (local.get $host)))))
      (else
        (local.set $n (call $sleep (i32.const 7)))))
    (local.set $n (i32.add (local.get $n) (ref.is_null (local.get $host))))
    (local.set $n (i32.add (local.get $n) (ref.is_null (local.get $function))))
    (local.set $n (i32.add (local.get $n) (ref.is_null (local.get $pair))))
    (local.set $n (i32.add (local.get $n) (i64.eqz (local.get $long))))
    (local.set $n (i32.add (local.get $n) (f32.lt (local.get $single) (f32.const 0.5))))
    (local.set $n (i32.add (local.get $n) (f64.lt (local.get $double) (f64.const 0))))
    (i32.add (local.get $n) (i32x4.extract_lane 3 (local.get $vector)))
  )
  (elem declare func $down)
  (func $main (export "main") (param $host externref) (result i32)
    (call $down (i32.const 3) (local.get $host))
  )
)
