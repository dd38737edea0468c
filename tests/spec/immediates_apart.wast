;; Instructions of references whose immediates stand on the next line, in code that runs and in code that cannot.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $f (func (param i32) (result i32)))
  (type $s (struct (field $a i32)))
  (elem declare func $next)
  (func (export "apart") (param $x i32) (result i32)
    local.get $x
    call $next
    ref.func
      $next
    call_ref
      $f
    struct.new
      $s
    struct.get
      $s
      $a
    (drop (br_if 0 (i32.const 3) (local.get $x)))
    return
    call_ref
      $f
    unreachable)
)
(assert_return (invoke "apart" (i32.const 0)) (i32.const 30))
(assert_return (invoke "apart" (i32.const 5)) (i32.const 3))
