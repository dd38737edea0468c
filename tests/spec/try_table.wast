;; Pauses inside try_table, in what it calls before it throws, and in the code that runs after a catch.
(module
  (import "spectest" "print_i32" (func $print (param i32)))
  (memory (export "memory") 1)
  (tag $oops (param i32))
  (tag $other)

  (func $risky (param $n i32)
    (call $print (local.get $n))
    (if (i32.and (local.get $n) (i32.const 1))
      (then (throw $oops (i32.mul (local.get $n) (i32.const 10))))
    )
    (if (i32.eq (local.get $n) (i32.const 4))
      (then (throw $other))
    )
  )

  (func (export "run") (param $n i32) (result i32)
    (local $kept i32)
    (local.set $kept (i32.const 1000))
    (block $else
      (return
        (i32.add
          (local.get $kept)
          (block $caught (result i32)
            (try_table (catch $oops $caught) (catch_all $else)
              (call $risky (local.get $n))
              (local.set $kept (i32.add (local.get $kept) (i32.const 1000)))
              (call $risky (i32.add (local.get $n) (i32.const 2)))
              (call $print (local.get $kept))
            )
            (i32.const 5)
          )
        )
      )
    )
    ;; After a catch the code pauses like any other.
    (call $print (i32.const -1))
    (local.get $kept)
  )

  (func (export "by number") (param i32) (result i32)
    block (result i32)
      try_table (catch $oops 0)
        local.get 0
        call $risky
      end
      i32.const 7
    end
    call $print
    local.get 0
    return
  )
)
(assert_return (invoke "run" (i32.const 0)) (i32.const 1005))
(assert_return (invoke "run" (i32.const 1)) (i32.const 1010))
(assert_return (invoke "run" (i32.const 2)) (i32.const 2000))
(assert_return (invoke "run" (i32.const 3)) (i32.const 1030))
(assert_return (invoke "run" (i32.const 4)) (i32.const 1000))
(assert_return (invoke "by number" (i32.const 2)) (i32.const 2))
(assert_return (invoke "by number" (i32.const 3)) (i32.const 3))
