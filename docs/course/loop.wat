(module
  (import "spectest" "print" (func $print (param i32)))
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)
  (func $count (export "count") (param $n i32)
    (loop $again
      (if (i32.and (local.get $n) (i32.const 1))
        (then (call $sleep))
        (else (call $print (local.get $n))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n))
    )
  )
)
