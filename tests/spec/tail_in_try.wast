;; Tail calls inside try_table: its handlers do not see what the callee throws, those of the caller do.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $oops (param i32))
  (func $risky (param $x i32) (result i32) (local $y i32)
    (local.set $y (call $next (local.get $x)))
    (if (i32.and (local.get $x) (i32.const 1)) (then (throw $oops (local.get $y))))
    (return_call $next (local.get $x)))
  (func $tail (export "tail") (param $x i32) (result i32)
    (block $caught (result i32)
      (try_table (result i32) (catch $oops $caught)
        (drop (call $next (i32.const 0)))
        (return_call $risky (local.get $x))))
    (i32.add (i32.const 1000)))
  (func (export "outer") (param $x i32) (result i32)
    (i32.sub (local.get $x)
      (block $caught (result i32)
        (try_table (catch $oops $caught)
          (return (call $tail (local.get $x))))
        (unreachable))))
  (func (export "after a catch") (param $x i32) (result i32)
    block $caught (result i32)
      try_table (result i32) (catch $oops $caught)
        local.get $x
        call $risky
      end
    end
    i32.const 2
    i32.mul
    return_call $tail)
)
(assert_exception (invoke "tail" (i32.const 1)))
(assert_return (invoke "tail" (i32.const 2)) (i32.const 52))
(assert_return (invoke "outer" (i32.const 501)) (i32.const -70))
(assert_return (invoke "outer" (i32.const 500)) (i32.const 600))
(assert_return (invoke "after a catch" (i32.const 5)) (i32.const 370))
(assert_return (invoke "after a catch" (i32.const 6)) (i32.const 522))
