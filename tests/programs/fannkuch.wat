;; Fannkuch (the Computer Language Benchmarks Game) with a sleep in its innermost loop, as the article measures it.
;; Folded. Permutations of $n numbers, $n < 16: the checksum and the most flips.
(module
  (import "env" "sleep" (func $sleep))
  (memory (export "memory") 1)

  ;; Arrays of i32: $perm at 0, $perm1 at 64, $count at 128.
  (func $perm1 (param $i i32) (result i32)
    (i32.load offset=64 (i32.shl (local.get $i) (i32.const 2))))
  (func $set_perm1 (param $i i32) (param $value i32)
    (i32.store offset=64 (i32.shl (local.get $i) (i32.const 2)) (local.get $value)))

  ;; Turns the first $k + 1 numbers of $perm around.
  (func $flip (param $k i32)
    (local $low i32) (local $high i32) (local $swap i32)
    (local.set $high (i32.shl (local.get $k) (i32.const 2)))
    (loop $next
      (local.set $swap (i32.load (local.get $low)))
      (i32.store (local.get $low) (i32.load (local.get $high)))
      (call $sleep) ;; the most inconvenient place: one number is nowhere but in $swap
      (i32.store (local.get $high) (local.get $swap))
      (br_if $next
        (i32.lt_u
          (local.tee $low (i32.add (local.get $low) (i32.const 4)))
          (local.tee $high (i32.sub (local.get $high) (i32.const 4)))))))

  ;; How many flips bring 0 to the front.
  (func $flips (param $n i32) (result i32)
    (local $i i32) (local $count i32)
    (loop $copy
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (call $perm1 (local.get $i)))
      (br_if $copy (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (block $sorted
      (loop $again
        (br_if $sorted (i32.eqz (i32.load (i32.const 0))))
        (call $flip (i32.load (i32.const 0)))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $again)))
    (local.get $count))

  (func (export "fannkuch") (param $n i32) (result i32 i32)
    (local $i i32) (local $r i32) (local $first i32) (local $odd i32)
    (local $flips i32) (local $most i32) (local $checksum i32)
    (loop $fill
      (call $set_perm1 (local.get $i) (local.get $i))
      (br_if $fill (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.set $r (local.get $n))
    (loop $permutations
      (block $counted
        (loop $count
          (br_if $counted (i32.eq (local.get $r) (i32.const 1)))
          (local.set $r (i32.sub (local.get $r) (i32.const 1)))
          (i32.store offset=128
            (i32.shl (local.get $r) (i32.const 2))
            (i32.add (local.get $r) (i32.const 1)))
          (br $count)))
      (local.set $checksum
        (i32.add
          (local.get $checksum)
          (if (result i32) (local.get $odd)
            (then (i32.sub (i32.const 0) (local.tee $flips (call $flips (local.get $n)))))
            (else (local.tee $flips (call $flips (local.get $n)))))))
      (if (i32.gt_s (local.get $flips) (local.get $most))
        (then (local.set $most (local.get $flips))))
      (loop $rotate
        (if (i32.eq (local.get $r) (local.get $n))
          (then (return (local.get $checksum) (local.get $most))))
        (local.set $first (call $perm1 (i32.const 0)))
        (local.set $i (i32.const 0))
        (loop $shift
          (call $set_perm1
            (local.get $i)
            (call $perm1 (local.tee $i (i32.add (local.get $i) (i32.const 1)))))
          (br_if $shift (i32.lt_u (local.get $i) (local.get $r))))
        (call $set_perm1 (local.get $r) (local.get $first))
        (i32.store offset=128
          (i32.shl (local.get $r) (i32.const 2))
          (i32.sub (i32.load offset=128 (i32.shl (local.get $r) (i32.const 2))) (i32.const 1)))
        (if (i32.eqz (i32.load offset=128 (i32.shl (local.get $r) (i32.const 2))))
          (then
            (local.set $r (i32.add (local.get $r) (i32.const 1)))
            (br $rotate))))
      (local.set $odd (i32.eqz (local.get $odd)))
      (br $permutations))
    (unreachable)))
