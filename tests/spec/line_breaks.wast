;; Line breaks and comments between an instruction and its immediates, and more than one instruction on a line.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func $calls (param i32) (result i32)
    local.get
      0
    call
      $next)
  (func (export "f") (param $x i32) (result i32) (local $y i32)
    (local.set $y
      (call (; which ;) $calls (local.get
        $x)))
    local.get ;; which
      $y i32.const 1 i32.add drop
    (i32.store
      offset=8
      (i32.const 0) (local.get $y))
    (i32.load (; where ;) offset=8 ;; how
      align=4 (i32.const 0))
    local.set
      $y
    block
      $b local.get $x br_if (; out ;)
      $b nop
      end
    (i32.sub (call
      $next (local.get
      $y)) (i32.const
      3)))
)
(assert_return (invoke "f" (i32.const 5)) (i32.const 32))
