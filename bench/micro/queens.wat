;; The queens that do not attack each other, by backtracking: loops around a recursive call, and bit masks that live
;; across it. The host is told of each queen that is set.
(module
  (import "env" "set" (func $set (param i32 i32)))
  (memory (export "memory") 1)

  ;; The solutions for the rows from $row on; the masks hold the columns and the diagonals that are attacked.
  (func $place (param $row i32) (param $size i32) (param $columns i32) (param $left i32) (param $right i32) (result i32)
    (local $free i32) (local $bit i32) (local $solutions i32)
    (if (i32.eq (local.get $row) (local.get $size))
      (then (return (i32.const 1))))
    (local.set $free
      (i32.and
        (i32.sub (i32.shl (i32.const 1) (local.get $size)) (i32.const 1))
        (i32.xor
          (i32.or (local.get $columns) (i32.or (local.get $left) (local.get $right)))
          (i32.const -1))))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (local.get $free)))
        (local.set $bit (i32.and (local.get $free) (i32.sub (i32.const 0) (local.get $free))))
        (local.set $free (i32.xor (local.get $free) (local.get $bit)))
        (call $set (local.get $row) (local.get $bit))
        (local.set $solutions
          (i32.add
            (local.get $solutions)
            (call $place
              (i32.add (local.get $row) (i32.const 1))
              (local.get $size)
              (i32.or (local.get $columns) (local.get $bit))
              (i32.shl (i32.or (local.get $left) (local.get $bit)) (i32.const 1))
              (i32.shr_u (i32.or (local.get $right) (local.get $bit)) (i32.const 1)))))
        (br $next)))
    (local.get $solutions))

  (func (export "run") (param $size i32) (result i32)
    (call $place (i32.const 0) (local.get $size) (i32.const 0) (i32.const 0) (i32.const 0))))
