;; Calls that are the first thing in a function, a loop, a block in a loop or a try_table: a jump there would jump over nothing.
(module
  (import "spectest" "print" (func $print))
  (import "spectest" "print_i32" (func $print_i32 (param i32)))
  (memory (export "memory") 1)
  (func $nothing_saved (export "nothing_saved") (result i32)
    (call $print)
    (i32.const 1))
  (func (export "parameter") (param $x i32) (result i32)
    (call $print_i32 (local.get $x))
    (i32.add (local.get $x) (i32.const 1)))
  (func (export "loop") (param $x i32) (result i32)
    (loop $again
      (call $print_i32 (local.get $x))
      (br_if $again (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))
    (local.get $x))
  (func (export "loop_of_two") (param $x i32) (result i32)
    (loop $again
      (call $print_i32 (local.get $x))
      (call $print)
      (br_if $again (local.tee $x (i32.sub (local.get $x) (i32.const 1)))))
    (local.get $x))
  (func (export "loop_in_loop") (param $x i32) (result i32)
    (local $y i32)
    (loop $outer
      (loop $inner
        (drop (call $nothing_saved))
        (br_if $inner (i32.lt_u (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $x))))
      (call $print_i32 (local.get $y))
      (br_if $outer (i32.lt_u (local.get $y) (i32.add (local.get $x) (i32.const 2)))))
    (local.get $y))
  (func (export "block_in_loop") (param $x i32) (result i32)
    (loop $again (result i32)
      (block $out (result i32)
        (drop (br_if $out (i32.const 5) (i32.eqz (call $nothing_saved))))
        (br_if $again (local.tee $x (i32.sub (local.get $x) (i32.const 1))))
        (i32.const 7))))
  (func (export "flat") (param $x i32) (result i32)
    loop $again (result i32)
      call $nothing_saved
      local.get $x
      i32.sub
      i32.const 1
      i32.add
      local.tee $x
      br_if $again
      local.get $x
    end)
  (func (export "try_table") (param $x i32) (result i32)
    (block $caught
      (try_table (catch_all $caught)
        (call $print_i32 (local.get $x))
        (call $print)
        (return (i32.const 3))))
    (i32.const 4)))

(assert_return (invoke "nothing_saved") (i32.const 1))
(assert_return (invoke "parameter" (i32.const 4)) (i32.const 5))
(assert_return (invoke "loop" (i32.const 3)) (i32.const 0))
(assert_return (invoke "loop_of_two" (i32.const 3)) (i32.const 0))
(assert_return (invoke "loop_in_loop" (i32.const 2)) (i32.const 4))
(assert_return (invoke "block_in_loop" (i32.const 3)) (i32.const 7))
(assert_return (invoke "flat" (i32.const 2)) (i32.const 0))
(assert_return (invoke "try_table" (i32.const 2)) (i32.const 3))
