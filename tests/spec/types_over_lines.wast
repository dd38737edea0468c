;; Types and type uses with line breaks and comments inside, and ids that hold ` null`.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $f (func (param i32) (result i32)))
  (type $box (struct (field i32)))
  (type $"a null" (struct (field i64)))
  (table funcref (elem $next))
  (func (export "locals") (param $x i32) (result i32)
    (local $a (ref
      $box)) (local $b (ref (; null ;) $"a null")) (local $" null" (ref $box)) (local $c (ref (; not ;)
      null ;; either
      $box))
    (local.set $a (struct.new $box (call $next (local.get $x))))
    (local.set $b (struct.new $"a null" (i64.const 3)))
    (local.set $" null" (struct.new $box (call $next (i32.const 1))))
    (local.set $c (local.get $" null"))
    (i32.add (i32.wrap_i64 (struct.get $"a null" 0 (local.get $b)))
      (i32.sub (call $next (struct.get $box 0 (local.get $a))) (struct.get $box 0 (local.get $c)))))
  (func (export "uses") (param $x i32) (result i32)
    (local.set $x (call_indirect (type
      $f) (local.get $x) (i32.const 0)))
    (select (result
      i32) (local.get $x) (call $next (i32.const 2)) (call_indirect (param ;; of it
      i32) (result (; of
      it ;) i32) (i32.const 3) (i32.const 0))))
  (func (export "casts") (param $x i32) (result i32) (local $a anyref)
    (local.set $a (struct.new $box (local.get $x)))
    (drop (call $next (ref.test (ref
      $box) (local.get $a))))
    local.get $a
    ref.cast (ref
      null ;; or not
      $box)
    (ref.cast (ref
      $box) (block (result anyref) (drop (call $next (i32.const 4))) (local.get $a)))
    struct.get $box 0
    call $next
    drop
    struct.get $box 0
    (block $cast (result (ref
      $box))
      (drop (br_on_cast $cast (ref null
        any) (ref (; to ;)
        $box) (block (result anyref) (drop (call $next (i32.const 5))) (local.get $a))))
      (unreachable))
    struct.get $box 0
    i32.add)
)
(assert_return (invoke "locals" (i32.const 5)) (i32.const 27))
(assert_return (invoke "uses" (i32.const 5)) (i32.const 45))
(assert_return (invoke "casts" (i32.const 5)) (i32.const 10))
