;; Loops without a call, built with --pause-at.
(module
  (memory (export "memory") 2)
  (global $turns (export "turns") (mut i32) (i32.const 0))
  (func (export "endless")
    (loop $next
      (global.set $turns (i32.add (global.get $turns) (i32.const 1)))
      (br $next)
    )
  )
  (func (export "count") (param $count i32) (result i32)
    (local $done i32)
    (loop $next
      (local.set $done (i32.add (local.get $done) (i32.const 1)))
      (br_if $next (local.tee $count (i32.sub (local.get $count) (i32.const 1))))
    )
    (local.get $done)
  )
)
