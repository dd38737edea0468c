;; Text of 2019: an if without then, get_local, imports behind definitions, old conversions.
;; text: 2019
;; prints: print->i32 (i32.const 5)
;; prints: print (i32.const 14)
;; prints: print->i32 (i32.const 0)
(module
  (memory 1 1)
  (export "memory" (memory 0))
  (import "spectest" "print" (func $print (param i32)))
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (func (export "f") (param $x i32) (result i32)
    (if
      (get_local $x)
      (set_local $x (call $next (get_local $x)))
      (set_local $x (i32.trunc_s/f32 (f32.convert_s/i32 (call $next (get_local $x)))))
    )
    (if (i32.eq (get_local $x) (i32.const 15))
      (block
        (set_local $x (i32.const 14))
        (call $print (get_local $x))
      )
    )
    (tee_local $x (i32.add (get_local $x) (i32.const 1)))
  )
)
(assert_return (invoke "f" (i32.const 5)) (i32.const 15))
(assert_return (invoke "f" (i32.const 0)) (i32.const 31))
