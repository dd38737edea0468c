;; Calls that what takes the frame back makes again: where few functions can pause, and two calls in one of them at most.
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  ;; one result in a local, one dropped, one in a local and read at once, one in a temporary
  (func $set (export "set") (param $x i32) (result i32)
    (local $sum i32)
    (call $print_i32 (local.get $x))
    (if (local.get $x)
      (then (local.set $sum (call $set (i32.sub (local.get $x) (i32.const 1))))))
    (i32.add (local.get $sum) (local.get $x)))
  (func $dropped (export "dropped") (param $x i32) (result i32)
    (if (local.get $x)
      (then (drop (call $dropped (i32.sub (local.get $x) (i32.const 1)))))
      (else (call $print_i32 (i32.const 9))))
    (i32.mul (local.get $x) (i32.const 3)))
  (func $tee (export "tee") (param $x i64) (param $y i64) (result i64)
    (if (i64.eqz (local.get $x))
      (then (return (i64.extend_i32_u (call $dropped (i32.const 1))))))
    (i64.add
      (local.tee $y (call $tee (i64.sub (local.get $x) (i64.const 1)) (local.get $y)))
      (i64.mul (local.get $y) (local.get $x))))
  (func (export "both") (param $x i32) (param $y i32) (result i32)
    (i32.sub
      (call $set (i32.load offset=8 (local.get $x)))
      (call $dropped (i32.mul (local.get $y) (local.get $y))))))

(assert_return (invoke "set" (i32.const 4)) (i32.const 10))
(assert_return (invoke "dropped" (i32.const 4)) (i32.const 12))
(assert_return (invoke "tee" (i64.const 3) (i64.const 5)) (i64.const 72))
(assert_return (invoke "both" (i32.const 4) (i32.const 3)) (i32.const -27))

;; operands of all types, the same local as operand and result, no result, several, one that cannot be null
(module
  (import "spectest" "print" (func $print))
  (memory (export "memory") 1)
  (func $all (export "all")
    (param $a i32) (param $b i64) (param $c f32) (param $d f64) (param $v v128) (param $r externref) (param $f funcref)
    (result i32)
    (if (local.get $a)
      (then
        (return
          (i32.add
            (call $all
              (i32.sub (local.get $a) (i32.const 1)) (i64.add (local.get $b) (i64.const 1))
              (f32.neg (local.get $c)) (f64.neg (local.get $d))
              (i32x4.add (local.get $v) (local.get $v)) (local.get $r) (ref.null func))
            (i32.trunc_f64_s (local.get $d))))))
    (call $print)
    (i32.add
      (i32.add (i32.wrap_i64 (local.get $b)) (i32.trunc_f32_s (local.get $c)))
      (i32.add (i32x4.extract_lane 1 (local.get $v)) (ref.is_null (local.get $r)))))
  (func $same (export "same") (param $x i32) (result i32)
    (if (local.get $x)
      (then
        (local.set $x (i32.sub (local.get $x) (i32.const 1)))
        (local.set $x (call $same (local.get $x))))
      (else (call $print)))
    (i32.add (local.get $x) (i32.const 2)))
  (func $several (export "several") (param $x i32) (result i32 i32)
    (if (i32.eqz (local.get $x))
      (then
        (call $nothing (i32.const 2) (ref.func $nothing))
        (return (i32.const 1) (i32.const 2))))
    (i32.sub (call $several (i32.sub (local.get $x) (i32.const 1))))
    (local.get $x))
  (func $nothing (param $x i32) (param $f (ref func))
    (if (local.get $x)
      (then (call $nothing (i32.sub (local.get $x) (i32.const 1)) (local.get $f)))
      (else (call $print))))
  (elem declare func $nothing)
  (func (export "nothing") (call $nothing (i32.const 3) (ref.func $nothing))))

(assert_return
  (invoke "all" (i32.const 2) (i64.const 30) (f32.const 4) (f64.const 5) (v128.const i32x4 0 6 0 0) (ref.extern 1)
    (ref.null func))
  (i32.const 60))
(assert_return (invoke "same" (i32.const 3)) (i32.const 8))
(assert_return (invoke "several" (i32.const 3)) (i32.const -4) (i32.const 3))
(assert_return (invoke "nothing"))

;; inside loops, handlers and blocks; text that is not folded; two calls, of which only one is made so
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (tag $thrown (param i32))
  (func $tree (export "tree") (param $depth i32) (result i32)
    (local $child i32) (local $sum i32)
    (if (i32.eqz (local.get $depth))
      (then (call $print_i32 (i32.const 1)) (return (i32.const 1))))
    (loop $next
      (local.set $child (i32.add (local.get $child) (i32.const 1)))
      (local.set $sum
        (i32.add (local.get $sum) (call $tree (i32.sub (local.get $depth) (i32.const 1)))))
      (br_if $next (i32.lt_u (local.get $child) (i32.const 3))))
    (local.get $sum))
  (func $caught (export "caught") (param $x i32) (result i32)
    (local $y i32)
    (local.set $y (local.get $x))
    (block $handler (result i32)
      (try_table (result i32) (catch $thrown $handler)
        (call $print_i32 (local.get $x))
        (if (i32.eqz (local.get $x))
          (then (throw $thrown (i32.const 7))))
        (local.set $y (call $caught (i32.sub (local.get $x) (i32.const 1))))
        (local.get $y)))
    (i32.add (local.get $y)))
  (func $flat (export "flat") (param i32 i32) (result i32)
    block $out (result i32)
      local.get 1
      local.get 0
      i32.eqz
      br_if $out
      drop
      local.get 0
      i32.const 1
      i32.sub
      local.get 1
      local.get 0
      i32.add
      call $flat
      local.get 1
      i32.add
    end
    call $after)
  (func $after (param i32) (result i32)
    (call $print_i32 (local.get 0))
    (i32.add (local.get 0) (i32.const 1))))

(assert_return (invoke "tree" (i32.const 2)) (i32.const 9))
(assert_return (invoke "caught" (i32.const 2)) (i32.const 28))
(assert_return (invoke "flat" (i32.const 2) (i32.const 3)) (i32.const 17))

;; an id that stands in quotes
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (func $"a (b" (export "quoted") (param $x i32) (result i32)
    (if (local.get $x)
      (then (return (i32.add (local.get $x) (call $"a (b" (i32.sub (local.get $x) (i32.const 1)))))))
    (call $print_i32 (local.get $x))
    (i32.const 2)))

(assert_return (invoke "quoted" (i32.const 3)) (i32.const 8))
