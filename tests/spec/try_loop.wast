;; A try_table in a loop that tries again after what it caught, with pauses in the body and in the handler.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $again (param i32))
  (func $risky (param $x i32) (result i32)
    (local.set $x (call $next (local.get $x)))
    (if (i32.lt_s (local.get $x) (i32.const 60)) (then (throw $again (local.get $x))))
    (local.get $x))
  (func (export "retry") (param $x i32) (result i32) (local $sum i32)
    (loop $try
      (block $caught (result i32)
        (try_table (catch $again $caught)
          (i32.add (local.get $sum) (call $risky (local.get $x)))
          (return))
        (unreachable))
      (local.set $sum (i32.add (local.get $sum) (i32.mul (call $next (i32.const 0)) (i32.const 100))))
      (local.set $sum (i32.add (local.get $sum)))
      (br $try))
    (unreachable))
  (func (export "to the loop") (param $n i32) (result i32) (local $e i32)
    i32.const 1000
    loop $l (param i32) (result i32)
      i32.const 1
      i32.sub
      local.set $e
      local.get $n
      call $next
      drop
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      i32.eqz
      if
        local.get $e
        return
      end
      try_table (catch $again $l)
        local.get $e
        i32.const -2000
        call $risky
        unreachable
      end
      unreachable
    end)
  (func (export "out") (param $x i32) (result i32)
    (block $out (result i32)
      (loop $l
        (try_table $t (catch_all $l)
          (local.set $x (i32.sub (local.get $x) (i32.const 1)))
          (br_if $t (i32.eqz (local.get $x)))
          (br_if $out (call $next (i32.const 5)) (i32.eq (local.get $x) (i32.const 1)))
          (drop)
          (if (i32.eq (local.get $x) (i32.const 3)) (then (br $l)))
          (drop (call $risky (i32.const -10000)))))
      (call $next (i32.const 6))))
)
(assert_return (invoke "retry" (i32.const 5)) (i32.const 12180))
(assert_return (invoke "to the loop" (i32.const 4)) (i32.const -1871))
(assert_return (invoke "out" (i32.const 1)) (i32.const 156))
(assert_return (invoke "out" (i32.const 5)) (i32.const 215))
