;; Dead code with references, casts, tail calls and exceptions in it, between code that pauses.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (type $f (func (param i32) (result i32)))
  (tag $oops (param i32))
  (func $box (param $x i32) (result (ref $box))
    (if (local.get $x) (then (return (struct.new $box (call $next (local.get $x))))))
    (unreachable)
    (struct.get $box 0)
    (call $next)
    (struct.new $box))
  (func (export "flat") (param $x i32) (result i32)
    block (result (ref $box))
      i32.const 1
      call $box
      local.get $x
      br_if 0
      br 0
      struct.get $box 0
      call $next
      ref.i31
      ref.cast (ref $box)
      br_on_non_null 0
      call $box
    end
    i32.const 2
    call $next
    drop
    struct.get $box 0)
  (func (export "thrown") (param $x i32) (result i32)
    (block $caught (result i32)
      (try_table (catch $oops $caught)
        (throw $oops (call $next (local.get $x)))
        (call_ref $f)
        (drop)
        (throw_ref)
        (call $next)
        (drop))
      (return_call $next (i32.const 6))
      (i32.add (call $next)))
    (i32.sub (call $next (i32.const 3))))
  (func (export "tail") (param $x i32) (result i32)
    (if (local.get $x) (then
      (return_call $next (local.get $x))
      (return_call_ref $f)))
    (return_call $next (struct.get $box 0 (call $box (i32.const 4))))
    (ref.cast (ref $box))
    (struct.get $box 0)
    (drop)
    (call $next (i32.const 5)))
)
(assert_return (invoke "flat" (i32.const 0)) (i32.const 11))
(assert_return (invoke "flat" (i32.const 1)) (i32.const 31))
(assert_return (invoke "thrown" (i32.const 1)) (i32.const -12))
(assert_return (invoke "tail" (i32.const 0)) (i32.const 154))
(assert_return (invoke "tail" (i32.const 1)) (i32.const 91))
