;; What an import is rejected with reaches the program's handlers.
(module
  (import "env" "later" (func $later (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "guarded") (param $a i32) (result i32)
    (block $caught
      (try_table (catch_all $caught)
        (return (call $later (local.get $a)))
      )
    )
    (i32.const -1)
  )
)
