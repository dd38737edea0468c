;; Block comments and annotations over several lines are never cut in two, wherever they stand.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32))) (; of
  $next ;) (@note a
    (b "c")) (memory (export "memory") 1) (; of
    the memory ;)
  (func $main (export "main") (param $x i32) (result i32) (; of
    the head ;) (local $y i32)
    (; before
       all ;) (local.set $y (call $next (local.get $x))) (; behind
       it ;; ;) (@note
      x) (if (result i32) (i32.eqz (local.get $y)) (; of
        the condition ;)
      (then (; of
        the arm ;) (call $next (i32.const 1)) (; at its
        end ;))
      (else
        (; whole

           lines ;)

        (@note
          "(;")
        (i32.add (; inside
          it ;) (local.get $y) (; of an
          operand ;) (call $next (i32.const 2)))) (; at the
          end ;)) (; of the
          value ;)
    if (param) (; flat
      ;) (result i32)
      local.get $y (; of the
        value ;)
    else (; of the
      arm ;)
      i32.const 5
      call $next (; again
        ;)
    end (; at the
      end ;))
  (func $block (export "block") (param $x i32) (result i32)
    (block $b (result i32) (; of the
        label ;)
      (drop (call $next (local.get $x))) (; behind
        it ;)
      (local.get $x) (; of the
        value ;) )) (; behind
    the last
;))
(assert_return (invoke "main" (i32.const -10)) (i32.const 0))
(assert_return (invoke "main" (i32.const 3)) (i32.const 33))
(assert_return (invoke "block" (i32.const 3)) (i32.const 3))
