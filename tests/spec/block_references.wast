;; Blocks, loops, ifs and try_tables with references as parameters and results, nullable and not, paused inside.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (tag $oops (param (ref $box)))
  (func $box (param $x i32) (result (ref $box)) (struct.new $box (call $next (local.get $x))))
  (func $plain_get (param (ref null $box)) (result i32) (struct.get $box 0 (local.get 0)))
  (func (export "block") (param $x i32) (result i32)
    (call $box (i32.const 1)) (ref.i31 (call $next (i32.const 2)))
    (block (param (ref $box) (ref i31)) (result (ref $box) i32)
      (drop (call $next (local.get $x)))
      (i31.get_s)
      (i32.add (call $next (i32.const 3))))
    (i32.sub (call $next (i32.const 40)))
    (call $plain_sub))
  (func $plain_sub (param (ref $box) i32) (result i32) (i32.sub (call $plain_get (local.get 0)) (local.get 1)))
  (func (export "loop") (param $n i32) (result i32)
    (call $box (i32.const 1))
    (loop $l (param (ref null $box)) (result (ref null $box))
      (call $plain_get)
      (struct.new $box (i32.add (call $next (local.get $n))))
      (drop (call $next (i32.const 0)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $plain_get))
  (func (export "if") (param i32) (result i32)
    i32.const 5
    call $box
    ref.null $box
    local.get 0
    if (param (ref $box) (ref null $box)) (result (ref $box) (ref null $box))
      i32.const 6
      call $next
      drop
    else
      drop
      i32.const 7
      call $box
    end
    ref.is_null
    i32.const 8
    call $next
    i32.sub
    call $plain_sub)
  (func (export "try") (param $x i32) (result i32)
    (block $caught (result (ref $box))
      (call $box (i32.const 10))
      (try_table (param (ref $box)) (result (ref null $box)) (catch $oops $caught)
        (if (i32.and (call $next (i32.const 11)) (local.get $x)) (then (throw $oops (call $box (i32.const 12))))))
      (return (call $plain_sub (ref.as_non_null) (call $next (i32.const 13)))))
    (call $plain_sub (call $next (i32.const 14))))
)
(assert_return (invoke "block" (i32.const 0)) (i32.const 36))
(assert_return (invoke "loop" (i32.const 3)) (i32.const 337))
(assert_return (invoke "if" (i32.const 0)) (i32.const 293))
(assert_return (invoke "if" (i32.const 1)) (i32.const 352))
(assert_return (invoke "try" (i32.const 0)) (i32.const -23))
(assert_return (invoke "try" (i32.const -1)) (i32.const -12))
