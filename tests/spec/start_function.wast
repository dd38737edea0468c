;; A start function that pauses; it is exported, so that the host can call it again.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (global $g (export "g") (mut i32) (i32.const 1))
  (start $start)
  (func $start (export "start")
    (global.set $g (i32.add (global.get $g) (call $next (global.get $g))))
    (global.set $g (i32.add (global.get $g) (call $next (global.get $g)))))
)
(assert_return (get "g") (i32.const 44))
