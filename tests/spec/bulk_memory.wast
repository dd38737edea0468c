;; Bulk memory instructions around pauses, and with operands that pause.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (data $d "abcdefgh")
  (func (export "f") (param $at i32) (result i64)
    (memory.init $d (call $next (i32.const 0)) (i32.const 0) (i32.const 8))
    (memory.fill (local.get $at) (call $next (local.get $at)) (i32.const 3))
    (memory.copy (i32.const 100) (local.get $at) (i32.and (call $next (i32.const 0)) (i32.const 7)))
    (data.drop $d)
    (i64.xor (i64.load (i32.const 100)) (i64.load (i32.const 10))))
)
(assert_return (invoke "f" (i32.const 12)) (i64.const 7522997401825591873))
