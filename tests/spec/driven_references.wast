;; Two coroutines that hold references of all kinds, and take turns 100,000 times; a third is paused all the while.
;; Their tables do not grow for it: tests/test_references.py looks.
(module
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (type $box (struct (field $n (mut i32)) (field $next (ref null $box))))
  (type $step (func (param i32) (result i32)))
  (tag $tag (param i32))
  (memory 1)
  ;; the coroutines' data structures, with their stacks behind them
  (data (i32.const 1000) "\f0\03\00\00\d0\07\00\00")
  (data (i32.const 2000) "\d8\07\00\00\b8\0b\00\00")
  (data (i32.const 3000) "\c0\0b\00\00\a0\0f\00\00")
  (global $current (mut i32) (i32.const 0))
  (elem declare func $add $sub)

  (func $add (type $step) (i32.add (local.get 0) (i32.const 3)))
  (func $sub (type $step) (i32.sub (local.get 0) (i32.const 1)))

  (func $yield
    (if (i32.eq (call $get_state) (i32.const 2))
      (then (call $stop_rewind))
      (else (call $start_unwind (global.get $current)))))

  (func $thrown (param $n i32) (result exnref)
    (block $caught (result exnref)
      (try_table (catch_all_ref $caught) (throw $tag (local.get $n)))
      (unreachable)))

  ;; Goes on for ever. What it holds is different after each turn; what it holds twice must stay the same.
  (func $hold (param $step (ref $step)) (param $outside externref) (param $n i32)
    (local $box (ref $box)) (local $same anyref) (local $none eqref) (local $exn exnref)
    (local.set $box (struct.new $box (local.get $n) (ref.null $box)))
    (loop $again
      (local.set $same (local.get $box))
      (local.set $exn (call $thrown (struct.get $box $n (local.get $box))))
      (call $yield)
      (if (i32.eqz (ref.eq (local.get $box) (ref.cast eqref (local.get $same)))) (then (unreachable)))
      (if (i32.eqz (ref.is_null (local.get $none))) (then (unreachable)))
      (local.set $n
        (block $value (result i32)
          (try_table (catch $tag $value) (throw_ref (local.get $exn)))
          (unreachable)))
      (local.set $n
        (i32.add
          (call_ref $step (local.get $n) (local.get $step))
          (i31.get_s (ref.cast (ref i31) (any.convert_extern (local.get $outside))))))
      (global.set $last (local.get $n))
      (local.set $box (struct.new $box (local.get $n) (ref.null $box)))
      (br $again)))
  (global $last (mut i32) (i32.const 0))

  (func $turn (param $data i32) (param $step (ref $step)) (param $n i32) (result i32)
    (global.set $current (local.get $data))
    (call $hold (local.get $step) (extern.convert_any (ref.i31 (local.get $n))) (i32.const 0))
    (call $stop_unwind)
    (global.get $last))

  (func (export "start")
    (drop (call $turn (i32.const 1000) (ref.func $add) (i32.const 10)))
    (drop (call $turn (i32.const 2000) (ref.func $sub) (i32.const -10)))
    (drop (call $turn (i32.const 3000) (ref.func $sub) (i32.const 0))))
  (func (export "turns") (param $times i32) (result i32 i32) (local $a i32) (local $b i32)
    (loop $again
      (call $start_rewind (i32.const 1000))
      (local.set $a (call $turn (i32.const 1000) (ref.func $add) (i32.const 0)))
      (call $start_rewind (i32.const 2000))
      (local.set $b (call $turn (i32.const 2000) (ref.func $sub) (i32.const 0)))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $a) (local.get $b))
)
(invoke "start")
(assert_return (invoke "turns" (i32.const 100000)) (i32.const 1300000) (i32.const -1100000))
