;; Functions that only their callers know tell by a result that they have paused.
;; More than eight can pause in the first module: with fewer, -O lets functions save their frames themselves instead.
(module
  (import "spectest" "print" (func $print))
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (import "spectest" "print_f64" (func $print_f64 (param f64)))
  (type $two (func (param i32 f64) (result f64 i32)))
  (type $nothing (func))
  (memory (export "memory") 1)

  ;; returns of all kinds: of nothing, of a value inside parentheses or before them, by falling off, by a branch
  (func $none (param $x i32)
    (if (i32.eqz (local.get $x)) (then (return)))
    (call $print_i32 (local.get $x))
    (if (i32.eq (local.get $x) (i32.const 1)) (then (i32.const 5) (return)))
    (call $none (i32.sub (local.get $x) (i32.const 1))))
  (func $value (param $x i32) (result i32)
    (if (i32.eqz (local.get $x)) (then (return (i32.const 10))))
    (if (i32.eq (local.get $x) (i32.const 1)) (then (i32.const 20) (return)))
    (if (i32.eq (local.get $x) (i32.const 2)) (then (i32.const 30) (br 1)))
    (if (i32.eq (local.get $x) (i32.const 3)) (then (return (i32.const 1) (i32.const 40))))
    (if (i32.eq (local.get $x) (i32.const 4)) (then (return (i32.add (call $value (i32.const 3)) (local.get $x)))))
    (if (i32.eq (local.get $x) (i32.const 5)) (then (return (call $value (i32.const 4)))))
    (drop (br_if 0 (i32.const 50) (i32.eq (local.get $x) (i32.const 6))))
    (call $print_i32 (local.get $x))
    (i32.add (local.get $x) (call $value (i32.sub (local.get $x) (i32.const 3)))))
  (func $flat (param $x i32) (result i32)
    local.get $x
    i32.eqz
    if
      i32.const 7
      return
    end
    call $print
    local.get $x
    i32.const 1
    i32.sub
    call $flat
    local.get $x
    i32.mul
    return)
  (func $several (type $two)
    (call $print)
    (if (local.get 0)
      (then
        (call $several (i32.sub (local.get 0) (i32.const 1)) (f64.mul (local.get 1) (f64.const 2)))
        (return)))
    (return (local.get 1) (i32.const 3)))
  (func $typed (type $nothing)
    (call $print)
    (return))

  (func $empty)

  ;; what does nothing but a call: of what tells, of what does not, through others, and as the host calls it
  (func $passes (param $x i32) (result i32)
    (call $value (local.get $x)))
  (func $passes_on (param $x i32) (result i32)
    (return (call $passes (i32.const 7))))
  (func $only_import
    (call $print))
  (func $through (call $only_import))
  (func $drops (param $x i32)
    (drop (call $value (local.get $x))))
  (func (export "passed") (param $x i32) (result i32)
    (call $passes_on (local.get $x)))

  (func (export "none") (param $x i32) (result i32)
    (call $none (local.get $x))
    (call $typed)
    (call $empty)
    (call $only_import)
    (call $through)
    (call $drops (local.get $x))
    (local.get $x))
  (func (export "value") (param $x i32) (result i32)
    (i32.sub (call $value (local.get $x)) (call $passes (local.get $x))))
  (func (export "plain") (param $x i32) (result i32)
    (call $value (local.get $x)))
  (func (export "flat") (param $x i32) (result i32)
    (i32.add (call $flat (local.get $x)) (local.get $x)))
  (func (export "several") (param $x i32) (result f64)
    (local $f f64)
    (call $several (local.get $x) (f64.const 1.5))
    (local.set $x)
    (local.set $f)
    (call $print_f64 (local.get $f))
    (f64.add (local.get $f) (f64.convert_i32_s (local.get $x)))))

(assert_return (invoke "none" (i32.const 3)) (i32.const 3))
(assert_return (invoke "value" (i32.const 9)) (i32.const 0))
(assert_return (invoke "plain" (i32.const 0)) (i32.const 10))
(assert_return (invoke "plain" (i32.const 1)) (i32.const 20))
(assert_return (invoke "plain" (i32.const 2)) (i32.const 30))
(assert_return (invoke "plain" (i32.const 3)) (i32.const 40))
(assert_return (invoke "plain" (i32.const 5)) (i32.const 44))
(assert_return (invoke "plain" (i32.const 6)) (i32.const 50))
(assert_return (invoke "plain" (i32.const 8)) (i32.const 52))
(assert_return (invoke "passed" (i32.const 1)) (i32.const 51))
(assert_return (invoke "flat" (i32.const 4)) (i32.const 172))
(assert_return (invoke "several" (i32.const 2)) (f64.const 9))

;; the start function, and one that a table or a reference has, keep their types
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (table 1 funcref)
  (elem (i32.const 0) $in_table)
  (elem declare func $referred)
  (type $unary (func (param i32) (result i32)))
  (func $in_table (param $x i32) (result i32)
    (call $print_i32 (local.get $x))
    (i32.add (local.get $x) (i32.const 1)))
  (func $referred (param $x i32) (result i32)
    (call $print_i32 (local.get $x))
    (i32.add (local.get $x) (i32.const 2)))
  (func $inner (param i32) (result i32)
    (i32.mul (call $in_table (local.get 0)) (call $referred (local.get 0))))
  (func $again (param i32) (result i32)
    (i32.add (call $inner (local.get 0)) (call $inner (i32.const 2))))
  (func (export "run") (param $x i32) (result i32)
    (i32.add
      (call $again (local.get $x))
      (i32.add
        (call_indirect (type $unary) (local.get $x) (i32.const 0))
        (call_ref $unary (local.get $x) (ref.func $referred))))))

(assert_return (invoke "run" (i32.const 3)) (i32.const 41))

;; labels of one name keep a function from jumping, and so from telling; loops and handlers around calls that tell
(module
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (tag $stop (param i32))
  (func $count (param $x i32) (result i32)
    (call $print_i32 (local.get $x))
    (i32.sub (local.get $x) (i32.const 1)))
  (func $twice (param $x i32) (result i32)
    (block $l (br_if $l (local.tee $x (call $count (local.get $x)))))
    (block $l (br_if $l (local.tee $x (call $count (local.get $x)))))
    (local.get $x))
  (func $lines (param i32) (result i32)
    (block
      $l (br_if $l (local.tee 0 (call $count (local.get 0)))))
    (block
      $l (br_if $l (local.tee 0 (call $count (local.get 0)))))
    (br_if 0 (i32.const 7) (local.get 0))
    (return))
  (func $down (param $x i32) (result i32)
    (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (local.tee $x (call $count (local.get $x)))))
      (if (i32.eq (local.get $sum) (i32.const 9)) (then (throw $stop (call $twice (local.get $sum)))))
      (br_if $next (local.get $x)))
    (local.get $sum))
  (func (export "run") (param $x i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $stop $caught)
        (i32.mul (call $down (local.get $x)) (call $lines (i32.const 12))))
      (return)))
)

(assert_return (invoke "run" (i32.const 4)) (i32.const 42))
(assert_return (invoke "run" (i32.const 5)) (i32.const 7))
