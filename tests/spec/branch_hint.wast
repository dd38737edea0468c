;; Branch hints before an if and a br_if that stay with them, or go, when conditions, arms and values pause.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "if") (param $x i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get $x) (then (local.set $x (i32.const 2))))
    (@metadata.code.branch_hint "\01")
    (if (local.get $x) (then (local.set $x (call $next (local.get $x)))) (else (drop (call $next (i32.const 1)))))
    (@metadata.code.branch_hint "\00")
    (if (i32.lt_s (call $next (i32.const 2)) (i32.const 0)) (then (unreachable)))
    (i32.sub
      (local.get $x)
      (@metadata.code.branch_hint "\00")
      (if (result i32) (local.get $x) (then (call $next (i32.const 3))) (else (i32.const 4)))))
  (func (export "br_if") (param $x i32) (result i32)
    (block $out
      (@metadata.code.branch_hint "\01")
      (br_if $out (local.get $x))
      (local.set $x (i32.const 5))
      (@metadata.code.branch_hint "\00")
      (br_if $out (i32.eqz (call $next (i32.const 0)))))
    (block $value (result i32)
      (drop (@metadata.code.branch_hint "\00") (br_if $value (call $next (i32.const 6)) (local.get $x)))
      (i32.const 7)))
  (func (export "flat") (param i32) (result i32)
    loop
      local.get 0
      call $next
      i32.const 180
      i32.lt_s
      (@metadata.code.branch_hint "\01")
      br_if 0
      local.get 0
      (@metadata.code.branch_hint "\00")
      if
        i32.const 1
        call $next
        drop
      end
    end
    local.get 0
    (@metadata.code.branch_hint "\00") if (result i32)
      i32.const 2
      call $next
    else
      i32.const 3
    end)
)
(assert_return (invoke "if" (i32.const 0)) (i32.const -4))
(assert_return (invoke "if" (i32.const 1)) (i32.const -21))
(assert_return (invoke "br_if" (i32.const 0)) (i32.const 76))
(assert_return (invoke "br_if" (i32.const 1)) (i32.const 86))
(assert_return (invoke "flat" (i32.const 0)) (i32.const 3))
(assert_return (invoke "flat" (i32.const 1)) (i32.const 212))
