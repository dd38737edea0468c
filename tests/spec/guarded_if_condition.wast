;; An if whose result cannot be null, so that a guard is around it, and whose condition branches out by number.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $f (func (param i32) (result i32)))
  (elem declare func $one $next)
  (func $one (param $x i32) (result i32) (i32.add (local.get $x) (i32.const 1)))
  (func (export "condition") (param $x i32) (result i32)
    block (result i32)
      i32.const 1000
      i32.const 5
      local.get $x
      i32.eqz
      br_if 0
      drop
      i32.const 7
      local.get $x
      i32.const 1
      i32.eq
      br_if 1
      drop
      local.get $x
      i32.const 2
      i32.eq
      if (result (ref $f))
        ref.func $one
      else
        i32.const 3
        call $next
        drop
        ref.func $next
      end
      call_ref $f
    end
    i32.const 1
    i32.add)
)
(assert_return (invoke "condition" (i32.const 0)) (i32.const 6))
(assert_return (invoke "condition" (i32.const 1)) (i32.const 7))
(assert_return (invoke "condition" (i32.const 2)) (i32.const 1002))
(assert_return (invoke "condition" (i32.const 3)) (i32.const 1021))
