;; Generators: $walk goes through a tree by recursion, and yields the number in each leaf; who asks for the next number
;; has it walk on to the next leaf.
;;
;; Two of them walk at the same time, over two trees of different shape: do their leaves hold the same numbers? That is
;; hard without generators, for neither walk can be the one that calls the other.
;;
;; prints: 1 1 2 2 3 3 4 5
(module
  (import "spectest" "print" (func $print (param i32)))
  (import "bysyncify" "start_unwind" (func $start_unwind (param i32)))
  (import "bysyncify" "stop_unwind" (func $stop_unwind))
  (import "bysyncify" "start_rewind" (func $start_rewind (param i32)))
  (import "bysyncify" "stop_rewind" (func $stop_rewind))
  (import "bysyncify" "get_state" (func $get_state (result i32)))
  (memory 1)
  (global $free (mut i32) (i32.const 0x100))  ;; where the next node of a tree goes
  (global $running (mut i32) (i32.const 0))   ;; the generator that runs
  (global $yielded (mut i32) (i32.const 0))   ;; what it has yielded
  (start $main)

  ;; A tree is a node with a left and a right tree, or a leaf: 0, and its number.
  (func $node (param $left i32) (param $right i32) (result i32) (local $node i32)
    (local.set $node (global.get $free))
    (global.set $free (i32.add (local.get $node) (i32.const 8)))
    (i32.store (local.get $node) (local.get $left))
    (i32.store offset=4 (local.get $node) (local.get $right))
    (local.get $node)
  )
  (func $leaf (param $number i32) (result i32)
    (call $node (i32.const 0) (local.get $number))
  )

  (func $walk (param $tree i32)
    (if (i32.eqz (i32.load (local.get $tree)))
      (then (call $yield (i32.load offset=4 (local.get $tree))))
      (else
        (call $walk (i32.load (local.get $tree)))
        (call $walk (i32.load offset=4 (local.get $tree)))))
  )

  ;; Called by a generator: pauses it. When it is resumed this is called once more, and then the generator goes on.
  (func $yield (param $number i32)
    (if (i32.eq (call $get_state) (i32.const 2))
      (then (call $stop_rewind))
      (else
        (global.set $yielded (local.get $number))
        (call $start_unwind (global.get $running))))
  )

  ;; A generator over a tree: where its next frame goes, where the room for them ends, the tree, whether it is paused
  ;; (frames do not tell: one that has nothing to save is empty); then the frames, up to 2 KB.
  (func $generator (param $at i32) (param $tree i32) (result i32)
    (i32.store (local.get $at) (i32.add (local.get $at) (i32.const 16)))
    (i32.store offset=4 (local.get $at) (i32.add (local.get $at) (i32.const 0x800)))
    (i32.store offset=8 (local.get $at) (local.get $tree))
    (local.get $at)
  )

  ;; Has a generator go on to what it yields next, which is in $yielded then; 0 if there is no more.
  (func $next (param $generator i32) (result i32)
    (global.set $running (local.get $generator))
    (if (i32.load offset=12 (local.get $generator))
      (then (call $start_rewind (local.get $generator))))
    ;; To resume, the same function is called. Its argument does not matter then: it comes back with the frame.
    (call $walk (i32.load offset=8 (local.get $generator)))
    (i32.store offset=12 (local.get $generator) (call $get_state))  ;; 1 if it unwinds, 0 if it has ended
    (if (i32.load offset=12 (local.get $generator))
      (then (call $stop_unwind)))
    (i32.load offset=12 (local.get $generator))
  )

  (func $main (local $a i32) (local $b i32) (local $number i32)
    ;; ((1 2) (3 4)) and (1 (2 (3 5)))
    (local.set $a (call $generator (i32.const 0x1000) (call $node
      (call $node (call $leaf (i32.const 1)) (call $leaf (i32.const 2)))
      (call $node (call $leaf (i32.const 3)) (call $leaf (i32.const 4))))))
    (local.set $b (call $generator (i32.const 0x2000) (call $node
      (call $leaf (i32.const 1))
      (call $node (call $leaf (i32.const 2)) (call $node (call $leaf (i32.const 3)) (call $leaf (i32.const 5)))))))
    (loop $same
      (br_if 1 (i32.eqz (call $next (local.get $a))))
      (call $print (local.tee $number (global.get $yielded)))
      (br_if 1 (i32.eqz (call $next (local.get $b))))
      (call $print (global.get $yielded))
      (br_if $same (i32.eq (local.get $number) (global.get $yielded))))
  )
)
