;; Comments, quotes and parentheses in the type use of a tail call through a table which the host could fill.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (table $t (export "table") 1 funcref)
  (elem (table $t) (i32.const 0) func $next)
  (func (export "run") (param $x i32) (result i32)
    (return_call_indirect $t (param (; ) ;) i32) ;; " (
      (result i32) ;; two ) " (
      (local.get $x) (i32.const 0)))
)
(assert_return (invoke "run" (i32.const 5)) (i32.const 15))
;; A list of results in which a type in parentheses stands before one without.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (table $t (export "table") 1 funcref)
  (elem (table $t) (i32.const 0) func $two)
  (func $two (result (ref extern) i32)
    (extern.convert_any (ref.i31 (i32.const 1))) (call $next (i32.const 5)))
  (func (export "run") (result externref i32)
    (return_call_indirect $t (result (ref extern) i32) (i32.const 0)))
)
(assert_return (invoke "run") (ref.extern) (i32.const 25))
