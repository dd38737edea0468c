;; A br_table with many targets by number and by name, over lines, out of a paused loop.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "switch") (param $x i32) (result i32)
    (block $d (block $c (block $b (block $a
      (loop $l
        (local.set $x (i32.sub (local.get $x) (i32.const 1)))
        (drop (call $next (local.get $x)))
        (br_table $a 2 $c
          4
          1 1 1 $l 4
          (local.get $x))))
      (drop (call $next (i32.const 100))) (return (i32.const 1)))
      (return (call $next (i32.const 200))))
      (return (i32.const 3)))
    (call $next (i32.const 300)))
  (func (export "flat") (param i32) (result i32)
    block
      block
        block
          i32.const 0
          call $next
          drop
          local.get 0
          br_table 0 1 2
        end
        i32.const 1
        call $next
        return
      end
      i32.const 2
      return
    end
    i32.const 3
    call $next)
)
(assert_return (invoke "switch" (i32.const 1)) (i32.const 1))
(assert_return (invoke "switch" (i32.const 2)) (i32.const 240))
(assert_return (invoke "switch" (i32.const 3)) (i32.const 3))
(assert_return (invoke "switch" (i32.const 4)) (i32.const 370))
(assert_return (invoke "switch" (i32.const 8)) (i32.const 1))
(assert_return (invoke "flat" (i32.const 0)) (i32.const 121))
(assert_return (invoke "flat" (i32.const 1)) (i32.const 2))
(assert_return (invoke "flat" (i32.const 2)) (i32.const 153))
