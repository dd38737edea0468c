;; A program whose hot code never reaches what pauses: it counts the primes below a number, in batches, and sleeps
;; between them. The sieve calls functions, one through a table and one import, of which none pauses.
(module
  (type $step (func (param i32) (result i32)))
  (import "env" "sleep" (func $sleep))
  (import "env" "note" (func $note (param i32)))
  (memory (export "memory") 2)
  (table funcref (elem $clear $count))

  ;; forgets what was crossed out
  (func $clear (type $step) (param $below i32) (result i32)
    (memory.fill (i32.const 2048) (i32.const 0) (local.get $below))
    (i32.const 0)
  )

  ;; crosses out the multiples
  (func $cross (param $prime i32) (param $below i32)
    (local $at i32)
    (local.set $at (i32.mul (local.get $prime) (local.get $prime)))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $below)))
        (i32.store8 offset=2048 (local.get $at) (i32.const 1))
        (local.set $at (i32.add (local.get $at) (local.get $prime)))
        (br $next)))
  )

  ;; the primes below a number
  (func $count (type $step) (param $below i32) (result i32)
    (local $at i32) (local $found i32)
    (local.set $at (i32.const 2))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $at) (local.get $below)))
        (if (i32.eqz (i32.load8_u offset=2048 (local.get $at))) (then
          (local.set $found (i32.add (local.get $found) (i32.const 1)))
          (if (i32.lt_u (local.get $at) (i32.const 1000)) (then
            (call $cross (local.get $at) (local.get $below))))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (call $note (local.get $found))
    (local.get $found)
  )

  (func $batch (param $times i32) (result i32)
    (local $sum i32)
    (loop $again
      (drop (call_indirect (type $step) (i32.const 100000) (i32.const 0)))
      (local.set $sum (i32.add (local.get $sum) (call_indirect (type $step) (i32.const 100000) (i32.const 1))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $sum)
  )

  ;; the only one that pauses
  (func (export "run") (param $batches i32) (result i32)
    (local $sum i32)
    (loop $again
      (call $sleep)
      (local.set $sum (i32.add (local.get $sum) (call $batch (i32.const 40))))
      (br_if $again (local.tee $batches (i32.sub (local.get $batches) (i32.const 1)))))
    (local.get $sum)
  )
)
