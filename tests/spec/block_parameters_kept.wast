;; Parameters of blocks, loops and ifs that stay on the stack while something pauses; several results; types by index.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $two (func (param i64 i32) (result i64 i32)))
  (func $wide (param i32) (result i64) (i64.extend_i32_s (call $next (local.get 0))))
  (func (export "block") (param $x i32) (result i64 i32)
    (i64.const 7) (i32.const 8)
    (block $b (type $two)
      (i32.add (call $next (i32.const 1)))
      (br_if $b (local.get $x))
      (drop)
      (i64.sub (call $wide (i32.const 2)))
      (call $next (i32.const 3))))
  (func (export "loop") (param $n i32) (result i64 i32)
    i64.const 1
    i32.const 2
    loop (type $two)
      local.get $n
      call $next
      i32.add
      local.get $n
      i32.const 1
      i32.sub
      local.tee $n
      br_if 0
      i32.const 9
      call $next
      drop
    end)
  (func (export "if") (param $x i32) (result i64 i32)
    (call $wide (i32.const 4)) (call $next (i32.const 5))
    (if (type $two) (i32.and (call $next (i32.const 6)) (local.get $x))
      (then (i32.mul (call $next (i32.const 7))))
      (else (drop) (i64.mul (call $wide (i32.const 8))) (i32.const 3))))
  (func (export "try") (param $x i32) (result i64 i32)
    (block $caught
      (call $wide (i32.const 4)) (call $next (i32.const 5))
      (try_table (type $two) (catch_all $caught)
        (i32.mul (call $next (i32.const 7)))
        (br_if 0 (local.get $x))
        (i32.add (call $next (i32.const 8))))
      (return))
    (unreachable))
  (func (export "flat") (param i32) (result i64 i32)
    i64.const 1
    i32.const 2
    local.get 0
    if (param i64 i32) (result i64 i32)
      block (param i32) (result i32)
        i32.const 3
        call $next
        i32.sub
      end
    else
      i32.const 4
      call $next
      br_if 0
      unreachable
    end)
)
(assert_return (invoke "block" (i32.const 0)) (i64.const -15) (i32.const 33))
(assert_return (invoke "block" (i32.const 1)) (i64.const 7) (i32.const 49))
(assert_return (invoke "loop" (i32.const 3)) (i64.const 1) (i32.const 188))
(assert_return (invoke "if" (i32.const -1)) (i64.const 94) (i32.const 13335))
(assert_return (invoke "if" (i32.const 0)) (i64.const 22512) (i32.const 3))
(assert_return (invoke "try" (i32.const 0)) (i64.const 174) (i32.const 36653))
(assert_return (invoke "try" (i32.const 1)) (i64.const 214) (i32.const 53325))
(assert_return (invoke "flat" (i32.const 0)) (i64.const 1) (i32.const 2))
(assert_return (invoke "flat" (i32.const 1)) (i64.const 1) (i32.const -251))
