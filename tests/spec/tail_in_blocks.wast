;; Tail calls from inside loops, blocks and ifs, among operands, and in dead code behind them.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $twice (param $x i32) (result i32)
    (i32.mul (i32.const 2) (call $next (local.get $x))))
  (func (export "loop") (param $n i32) (result i32)
    (loop $again
      (if (i32.lt_s (call $next (local.get $n)) (i32.const 20)) (then
        (local.set $n (i32.add (local.get $n) (i32.const 5)))
        (br $again)))
      (return_call $twice (local.get $n)))
    (unreachable))
  (func (export "block") (param $x i32) (result i32)
    (i32.add (i32.const 1000)
      (block $out (result i32)
        (br_if $out (call $next (i32.const 1)) (local.get $x))
        (drop)
        (block (result i32) (return_call $twice (local.get $x))))))
  (func (export "operand") (param $x i32) (result i32)
    (i32.mul (call $next (i32.const 0))
      (if (result i32) (local.get $x)
        (then (call $next (i32.const 2)))
        (else (return_call $twice (i32.const 3)) (call $next (i32.const 4))))))
  (func (export "flat") (param i32) (result i32)
    block
      loop
        local.get 0
        call $next
        i32.const 200
        i32.gt_s
        br_if 1
        local.get 0
        return_call $twice
        i32.const 3
        drop
      end
    end
    i32.const 5
    return_call $next)
)
(assert_return (invoke "loop" (i32.const 1)) (i32.const 72))
(assert_return (invoke "block" (i32.const 0)) (i32.const 100))
(assert_return (invoke "block" (i32.const 1)) (i32.const 1061))
(assert_return (invoke "operand" (i32.const 0)) (i32.const 166))
(assert_return (invoke "operand" (i32.const 1)) (i32.const 9180))
(assert_return (invoke "flat" (i32.const 0)) (i32.const 240))
(assert_return (invoke "flat" (i32.const 500)) (i32.const 145))
