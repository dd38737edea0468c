;; Calls that are never made, of functions that tell that they have paused; and functions in which there are no others.
(module
  (import "spectest" "print" (func $print))
  (memory (export "memory") 1)
  (func $none (param $x i32)
    (call $print))
  (func $value (param $x i32) (result i32)
    (call $print)
    (i32.add (local.get $x) (i32.const 10)))
  (func $several (param i32 f64) (result f64 i32)
    (call $print)
    (local.get 1)
    (local.get 0))
  (func $never_calls (param $x i32) (result i32)
    (if (local.get $x) (then (return (i32.const 2)) (drop (call $value (i32.const 1)))))
    (return (i32.const 3))
    (call $value (i32.const 1)))
  (func $dead (param $x i32) (result i32)
    (call $print)
    (if (local.get $x)
      (then
        (return (call $never_calls (local.get $x)))
        (call $several (call $value (i32.const 0)) (f64.const 0))
        unreachable))
    (block $out
      (br $out)
      (call $none (call $never_calls (i32.const 4))))
    (call $never_calls (local.get $x)))
  (func $flat (param $x i32) (result i32)
    local.get $x
    call $value
    return
    i32.const 1
    call $value
    drop
    call $never_calls)
  (func (export "branches") (param i32)
    (br_if 0 (local.get 0))
    (br 0)
    (drop (call (; that never runs ;) $value (i32.const 1))))
  (func (export "dead") (param $x i32) (result i32)
    (call $none (i32.const 0))
    (drop (call $several (local.get $x) (f64.const 1)))
    (drop)
    (i32.mul (call $dead (local.get $x)) (i32.const 100)))
  (func (export "flat") (param $x i32) (result i32)
    (i32.add (call $flat (local.get $x)) (call $value (local.get $x)))))

(assert_return (invoke "dead" (i32.const 0)) (i32.const 300))
(assert_return (invoke "dead" (i32.const 1)) (i32.const 200))
(assert_return (invoke "flat" (i32.const 1)) (i32.const 22))
(assert_return (invoke "branches" (i32.const 1)))
