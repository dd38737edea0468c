;; Structs whose fields pausing calls give: struct.new, struct.set, struct.get of results, packed fields, in this order.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (import "spectest" "print->f64" (func $float (param i32) (result f64)))
  (memory (export "memory") 1)
  (type $s (struct (field $a (mut i32)) (field $b (mut i8)) (field $c f64) (field $d (mut (ref null $s)))))
  (func $make (param $x i32) (result (ref null $s))
    (if (i32.lt_s (call $next (local.get $x)) (i32.const 0)) (then (return (ref.null $s))))
    (struct.new $s
      (call $next (local.get $x)) (i32.const -2) (call $float (i32.const 1)) (struct.new_default $s)))
  (func (export "new") (param $x i32) (result i32 i32 f64) (local $s (ref $s))
    (local.set $s
      (struct.new $s
        (call $next (local.get $x)) (i32.mul (local.get $x) (call $next (i32.const 2)))
        (call $float (local.tee $x (i32.const 3))) (call $make (local.get $x))))
    (struct.get $s $a (local.get $s))
    (struct.get_s $s $b (local.get $s))
    (f64.sub (struct.get $s $c (local.get $s)) (struct.get $s $c (struct.get $s $d (local.get $s)))))
  (func (export "set") (param $x i32) (result i32) (local $s (ref null $s))
    (local.set $s (call $make (local.get $x)))
    (struct.set $s $a (local.get $s) (i32.add (struct.get $s $a (local.get $s)) (call $next (local.get $x))))
    (struct.set $s $b (local.get $s) (call $next (i32.const 4)))
    (struct.set $s $d (call $make (i32.const 5)) (local.tee $s (call $make (struct.get_u $s $b (local.get $s)))))
    (i32.sub (struct.get $s 0 (local.get $s)) (call $next (struct.get $s 0 (struct.get $s 3 (local.get $s))))))
  (func (export "get") (param $x i32) (result i32)
    (i32.sub (struct.get $s $a (call $make (local.get $x)))
             (struct.get_u $s $b (call $make (i32.const 6)))))
  (func (export "set late") (param $x i32) (result i32) (local $s (ref null $s))
    (local.set $s (struct.new_default $s))
    local.get $s
    (local.set $s (call $make (i32.const 7)))
    local.get $x
    call $next
    struct.set $s $a
    local.get $s
    struct.get $s $a)
)
(assert_return (invoke "new" (i32.const 7)) (i32.const 17) (i32.const -102) (f64.const -28))
(assert_return (invoke "set" (i32.const 7)) (i32.const 94))
(assert_return (invoke "get" (i32.const 500)) (i32.const 446))
(assert_trap (invoke "get" (i32.const -1000)) "null structure reference")
(assert_return (invoke "set late" (i32.const 70)) (i32.const 277))
