;; Ids that the rewriter would use itself, as locals, labels, globals and functions of the reader.
(module
  (import "spectest" "print->i32" (func $save_i32 (param i32) (result i32)))
  (memory $memory (export "memory") 1)
  (global $normal (mut i32) (i32.const 3))
  (global $unwinding (mut i32) (i32.const 4))
  (global $rewinding (mut i32) (i32.const 5))
  (global $data (mut i32) (i32.const 6))
  (global $normal_2 (mut i32) (i32.const 7))
  (func $restore_i32 (result i32) (call $save_i32 (i32.const 1)))
  (func $bysyncify_get_state (result i32) (i32.const 9))
  (func $unwind (export "f") (param $call i32) (param $data i32) (result i32) (local $value_i32 i32) (local $value_i32_2 i32)
    (local.set $value_i32 (i32.mul (global.get $normal) (call $restore_i32)))
    (block $unwind
      (block $unwind_
        (drop (call $save_i32 (local.get $data)))
        (br_if $unwind (local.get $call)))
      (local.set $value_i32_2 (i32.add (global.get $unwinding) (call $restore_i32))))
    (global.set $rewinding (i32.add (global.get $rewinding) (global.get $data)))
    (i32.add (local.get $value_i32)
      (i32.sub (local.get $value_i32_2) (i32.add (global.get $rewinding) (i32.add (global.get $normal_2) (call $bysyncify_get_state))))))
)
(assert_return (invoke "f" (i32.const 1) (i32.const 2)) (i32.const 6))
(assert_return (invoke "f" (i32.const 0) (i32.const 2)) (i32.const 115))
