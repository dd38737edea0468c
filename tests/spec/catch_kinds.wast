;; The clauses catch, catch_ref, catch_all, catch_all_ref: what paused functions throw, pauses in the body and behind.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $two (param i32 i64))
  (tag $none)
  (func $wide (param i32) (result i64) (i64.extend_i32_s (call $next (local.get 0))))
  (func $risky (param $x i32)
    (drop (call $next (i32.const 0)))
    (if (i32.eq (local.get $x) (i32.const 1))
      (then (throw $two (call $next (i32.const 1)) (call $wide (i32.const 2)))))
    (if (i32.eq (local.get $x) (i32.const 2)) (then (throw $none))))
  (func (export "catch") (param $x i32) (result i32 i64)
    (block $none
      (block $two (result i32 i64)
        (try_table (catch $two $two) (catch $none $none)
          (call $risky (local.get $x))
          (drop (call $next (i32.const 3))))
        (return (i32.const 4) (i64.const 5)))
      (return (i64.sub (call $wide (i32.const 6)))))
    (call $next (i32.const 7)) (i64.const 8))
  (func (export "catch_ref") (param $x i32) (result i32 i64) (local $e exnref)
    (block $none (result exnref)
      (block $two (result i32 i64 exnref)
        (try_table (catch_ref $two $two) (catch_ref $none $none)
          (call $risky (local.get $x))
          (call $risky (i32.add (local.get $x) (i32.const 1))))
        (return (i32.const 9) (i64.const 10)))
      (local.set $e)
      (return (i64.sub (call $wide (ref.is_null (local.get $e))))))
    (ref.is_null) (i32.sub (call $next (i32.const 11))) (i64.const 12))
  (func (export "catch_all") (param $x i32) (result i32)
    (local.set $x (i32.mul (local.get $x) (i32.const 3)))
    (block $any
      (try_table (catch_all $any)
        (call $risky (call $next (i32.const 1000)))
        (call $risky (i32.div_u (local.get $x) (i32.const 3)))
        (return (call $next (i32.const 13)))))
    (i32.add (call $next (i32.const 14)) (local.get $x)))
  (func (export "catch_all_ref") (param i32) (result i32)
    block (result exnref)
      try_table (result i32) (catch_all_ref 0)
        local.get 0
        call $risky
        i32.const 15
        call $next
      end
      return
    end
    ref.is_null
    i32.const 16
    call $next
    i32.sub)
)
(assert_return (invoke "catch" (i32.const 0)) (i32.const 4) (i64.const 5))
(assert_return (invoke "catch" (i32.const 1)) (i32.const 41) (i64.const -14))
(assert_return (invoke "catch" (i32.const 2)) (i32.const 87) (i64.const 8))
(assert_return (invoke "catch_ref" (i32.const 0)) (i32.const 111) (i64.const -8))
(assert_return (invoke "catch_ref" (i32.const 1)) (i32.const 151) (i64.const -8))
(assert_return (invoke "catch_ref" (i32.const 2)) (i32.const -201) (i64.const 12))
(assert_return (invoke "catch_ref" (i32.const 3)) (i32.const 9) (i64.const 10))
(assert_return (invoke "catch_all" (i32.const 0)) (i32.const 263))
(assert_return (invoke "catch_all" (i32.const 1)) (i32.const 327))
(assert_return (invoke "catch_all" (i32.const 2)) (i32.const 370))
(assert_return (invoke "catch_all_ref" (i32.const 0)) (i32.const 385))
(assert_return (invoke "catch_all_ref" (i32.const 1)) (i32.const -426))
(assert_return (invoke "catch_all_ref" (i32.const 2)) (i32.const -446))
