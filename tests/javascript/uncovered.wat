;; Built so that env.sleep may pause and env.other may not, which its callers are not made for.
(module
  (import "env" "sleep" (func $sleep))
  (import "env" "other" (func $other))
  (import "env" "after" (func $after))
  (memory (export "memory") 1)
  (table (export "table") 1 funcref)
  (elem (i32.const 0) $main)
  (func $main (export "main") (call $sleep))
  (func (export "wrong") (call $other) (call $after))
)
