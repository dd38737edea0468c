;; `br_on_null` and `br_on_non_null` around pausing calls, with values, by name and by number, folded and flat.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (func $box (param $x i32) (result (ref null $box))
    (drop (call $next (i32.const 1)))
    (if (result (ref null $box)) (local.get $x)
      (then (struct.new $box (local.get $x)))
      (else (ref.null $box))))
  (func (export "null") (param $x i32) (result i32)
    (block $none (result i32)
      (call $next (i32.const 2))
      (br_on_null $none (call $box (local.get $x)))
      (return (i32.sub (struct.get $box 0) (call $next (i32.const 3)))))
    (i32.add (call $next (i32.const 4))))
  (func (export "non-null") (param $x i32) (result i32) (local $box (ref null $box))
    (i32.mul (call $next (i32.const 2))
      (block $out (result i32)
        (block $some (result i32 (ref $box))
          (call $next (i32.const 5))
          (br_on_non_null $some (call $box (local.get $x)))
          (br $out (i32.add (call $next (i32.const 6)))))
        (local.set $box)
        (i32.sub (i32.add (call $next (i32.const 7))) (struct.get $box 0 (local.get $box))))))
  (func (export "flat") (param i32) (result i32)
    block
      block (result (ref $box))
        i32.const 3
        call $next
        drop
        local.get 0
        call $box
        br_on_null 1
        i32.const 4
        call $next
        br_if 0
        br_on_non_null 0
        unreachable
      end
      i32.const 5
      call $next
      drop
      struct.get $box 0
      return
    end
    i32.const 6
    call $next)
)
(assert_return (invoke "null" (i32.const 0)) (i32.const 46))
(assert_return (invoke "null" (i32.const 7)) (i32.const -56))
(assert_return (invoke "non-null" (i32.const 0)) (i32.const 13752))
(assert_return (invoke "non-null" (i32.const 7)) (i32.const 29680))
(assert_return (invoke "flat" (i32.const 0)) (i32.const 176))
(assert_return (invoke "flat" (i32.const 7)) (i32.const 7))
