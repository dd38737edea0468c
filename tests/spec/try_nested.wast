;; Nested try_tables, with pauses in each, before what is thrown is caught by the inner, the outer or the caller.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $a (param i32))
  (tag $b (param i32))
  (tag $c)
  (func $throw (param $x i32)
    (drop (call $next (i32.const 0)))
    (if (i32.eq (local.get $x) (i32.const 1)) (then (throw $a (call $next (i32.const 1)))))
    (if (i32.eq (local.get $x) (i32.const 2)) (then (throw $b (call $next (i32.const 2)))))
    (if (i32.eq (local.get $x) (i32.const 3)) (then (throw $c))))
  (func $nested (param $x i32) (param $y i32) (result i32) (local $n i32)
    (block $outer (result i32)
      (try_table (result i32) (catch $b $outer)
        (local.set $n (call $next (i32.const 10)))
        (block $inner (result i32)
          (try_table (result i32) (catch $a $inner)
            (call $throw (local.get $x))
            (i32.sub (local.get $n) (call $next (i32.const 20)))))
        (i32.mul (call $next (i32.const 3)))
        (call $throw (local.get $y))))
    (i32.sub (call $next (i32.const 4))))
  (func (export "nested") (param i32 i32) (result i32)
    block (result i32)
      block
        try_table (result i32) (catch $a 1) (catch_all 0)
          local.get 0
          local.get 1
          call $nested
        end
        return
      end
      i32.const -1
      return
    end
    i32.const 5
    call $next
    i32.sub
    i32.const 1000000
    i32.add)
)
(assert_return (invoke "nested" (i32.const 0) (i32.const 0)) (i32.const -1354))
(assert_return (invoke "nested" (i32.const 1) (i32.const 0)) (i32.const 9249))
(assert_return (invoke "nested" (i32.const 2) (i32.const 0)) (i32.const -12))
(assert_return (invoke "nested" (i32.const 3) (i32.const 0)) (i32.const -1))
(assert_return (invoke "nested" (i32.const 0) (i32.const 1)) (i32.const 999986))
(assert_return (invoke "nested" (i32.const 1) (i32.const 2)) (i32.const -12))
(assert_return (invoke "nested" (i32.const 1) (i32.const 3)) (i32.const -1))
