;; Functions with one integer as result: where few functions can pause, they return the stack's position while unwinding.
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  ;; one below the other, and its own result dropped
  (func $down (export "down") (param $x i32) (result i32)
    (if (i32.eqz (local.get $x))
      (then
        (call $print_i32 (local.get $x))
        (return (i32.const 7))))
    (drop (call $down (i32.const 0)))
    (i32.add (local.get $x) (call $down (i32.sub (local.get $x) (i32.const 1)))))
  (func $wide (export "wide") (param $x i64) (result i64)
    (if (i64.eqz (local.get $x))
      (then
        (return (i64.extend_i32_s (call $down (i32.const 2))))))
    (i64.sub (call $wide (i64.sub (local.get $x) (i64.const 1))) (local.get $x))))

(assert_return (invoke "down" (i32.const 4)) (i32.const 17))
(assert_return (invoke "wide" (i64.const 5)) (i64.const -5))

;; nothing but a call: of an import, which returns anything; of a function that returns the position; through a table
(module
  (import "spectest" "print->i32" (func $get (result i32)))
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (elem $t (i32.const 0) $twice)
  (type $to_i32 (func (param i32) (result i32)))
  (func $twice (param $x i32) (result i32)
    (i32.add (local.get $x) (call $get)))
  (func $only_import (result i32)
    (call $get))
  (func $only_function (param $x i32) (result i32)
    (call $twice (local.get $x)))
  (func $only_table (param $x i32) (result i32)
    (call_indirect $t (type $to_i32) (local.get $x) (i32.const 0)))
  (func (export "import") (param $x i32) (result i32)
    (i32.sub (call $only_import) (local.get $x)))
  (func (export "function") (param $x i32) (result i32)
    (i32.sub (call $only_function (i32.const 4)) (local.get $x)))
  (func (export "table") (param $x i32) (result i32)
    (i32.sub (call $only_table (i32.const 4)) (local.get $x))))

(assert_return (invoke "import" (i32.const 1)) (i32.const 89))
(assert_return (invoke "function" (i32.const 1)) (i32.const 103))
(assert_return (invoke "table" (i32.const 1)) (i32.const 113))

;; frames that functions save, or the number of the call alone, or nothing; results of other types between; a reference
(module
  (import "spectest" "print" (func $print))
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (func $large (export "large") (param $x i32) (result i32)
    (local $a i32) (local $b i32) (local $c i32) (local $d i32) (local $e i32) (local $f i32)
    (local.set $a (i32.add (local.get $x) (i32.const 1)))
    (local.set $b (i32.add (local.get $x) (i32.const 2)))
    (local.set $c (i32.add (local.get $x) (i32.const 3)))
    (local.set $d (i32.add (local.get $x) (i32.const 4)))
    (local.set $e (i32.add (local.get $x) (i32.const 5)))
    (local.set $f (i32.add (local.get $x) (i32.const 6)))
    (if (local.get $x)
      (then (local.set $x (call $nothing (local.get $x)))))
    (call $print_i32 (local.get $x))
    (i32.add (local.get $x)
      (i32.add (i32.add (local.get $a) (local.get $b))
        (i32.add (i32.add (local.get $c) (local.get $d)) (i32.add (local.get $e) (local.get $f))))))
  (func $nothing (export "nothing") (param $x i32) (result i32)
    (if (local.get $x)
      (then
        (call $print)
        (return (call $large (i32.const 0)))))
    (call $print)
    (i32.const 3))
  (func $float (param $x i32) (result f64)
    (f64.convert_i32_s (i32.add (call $nothing (local.get $x)) (local.get $x))))
  (func (export "float") (param $x i32) (result i32)
    (i32.sub (i32.trunc_f64_s (call $float (local.get $x))) (call $nothing (local.get $x))))
  (func $reference (param $x i32) (param $r externref) (result i32)
    (if (call $nothing (local.get $x))
      (then (return (i32.add (local.get $x) (ref.is_null (local.get $r))))))
    (i32.const -1))
  (func (export "reference") (param $x i32) (param $r externref) (result i32)
    (i32.add (call $reference (local.get $x) (local.get $r)) (local.get $x))))

(assert_return (invoke "large" (i32.const 0)) (i32.const 21))
(assert_return (invoke "large" (i32.const 2)) (i32.const 54))
(assert_return (invoke "nothing" (i32.const 1)) (i32.const 21))
(assert_return (invoke "float" (i32.const 5)) (i32.const 5))
(assert_return (invoke "reference" (i32.const 5) (ref.extern 1)) (i32.const 10))
(assert_return (invoke "reference" (i32.const 0) (ref.null extern)) (i32.const 1))

;; addresses of 64 bits: an i32 has no room for them
(module
  (import "spectest" "print" (func $print))
  (memory (export "memory") i64 1)
  (func $narrow (export "narrow") (param $x i32) (result i32)
    (if (i32.eqz (local.get $x))
      (then
        (call $print)
        (return (i32.const 1))))
    (i32.mul (local.get $x) (call $narrow (i32.sub (local.get $x) (i32.const 1)))))
  (func $wide (export "wide") (param $x i64) (result i64)
    (if (i64.eqz (local.get $x))
      (then
        (call $print)
        (return (i64.const 1))))
    (i64.mul (local.get $x) (call $wide (i64.sub (local.get $x) (i64.const 1))))))

(assert_return (invoke "narrow" (i32.const 5)) (i32.const 120))
(assert_return (invoke "wide" (i64.const 6)) (i64.const 720))

;; nothing saved in the middle: what that function is given is what it returns
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (func $saved (param $x i32) (result i32)
    (call $print_i32 (local.get $x))
    (i32.mul (local.get $x) (i32.const 2)))
  (func $one_more (param $x i32) (result i32)
    (i32.add (call $saved (local.get $x)) (i32.const 1)))
  (func (export "more") (param $x i32) (result i32)
    (i32.mul (call $one_more (local.get $x)) (local.get $x))))

(assert_return (invoke "more" (i32.const 4)) (i32.const 36))
