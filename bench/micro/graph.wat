;; Loops of a graph, as Havlak's algorithm finds them: depth-first numbering by recursion, then union-find over the back
;; edges in nested loops. The host is told of each node and of each union.
;; Node i has two successors: i + 1, and one behind or before it by a linear congruential generator.
(module
  (import "env" "visit" (func $visit (param i32)))
  (import "env" "join" (func $join (param i32 i32)))
  (memory (export "memory") 4)

  (global $next (mut i32) (i32.const 0))
  (global $seed (mut i32) (i32.const 0))

  ;; Arrays of i32, of 8192 nodes: $number at 0, $parent at 32768, $successor at 65536, $last at 98304.
  (func $number (param $node i32) (result i32) (i32.load (i32.shl (local.get $node) (i32.const 2))))
  (func $successor (param $node i32) (result i32)
    (i32.load offset=65536 (i32.shl (local.get $node) (i32.const 2))))

  ;; Numbers the nodes from one on; the last number below a node is kept too.
  (func $search (param $node i32) (param $depth i32)
    (local $edge i32) (local $to i32)
    (call $visit (local.get $node))
    (i32.store (i32.shl (local.get $node) (i32.const 2)) (global.get $next))
    (global.set $next (i32.add (global.get $next) (i32.const 1)))
    (loop $edges
      (local.set $to
        (if (result i32) (local.get $edge)
          (then (i32.and (i32.add (local.get $node) (i32.const 1)) (i32.const 8191)))
          (else (call $successor (local.get $node)))))
      (if (i32.and
            (i32.lt_s (call $number (local.get $to)) (i32.const 0))
            (i32.lt_s (local.get $depth) (i32.const 2000)))
        (then (call $search (local.get $to) (i32.add (local.get $depth) (i32.const 1)))))
      (br_if $edges
        (i32.lt_u (local.tee $edge (i32.add (local.get $edge) (i32.const 1))) (i32.const 2))))
    (i32.store offset=98304
      (i32.shl (local.get $node) (i32.const 2))
      (i32.sub (global.get $next) (i32.const 1))))

  ;; The representative of a node; the path to it is halved.
  (func $find (param $node i32) (result i32)
    (local $parent i32)
    (block $found
      (loop $up
        (local.set $parent (i32.load offset=32768 (i32.shl (local.get $node) (i32.const 2))))
        (br_if $found (i32.eq (local.get $parent) (local.get $node)))
        (i32.store offset=32768
          (i32.shl (local.get $node) (i32.const 2))
          (i32.load offset=32768 (i32.shl (local.get $parent) (i32.const 2))))
        (local.set $node (local.get $parent))
        (br $up)))
    (local.get $node))

  ;; Joins the ends of back edges, as long as there are some whose ends are apart; how many were joined.
  (func $loops (result i32)
    (local $node i32) (local $to i32) (local $from i32) (local $joined i32) (local $changed i32) (local $rounds i32)
    (loop $again
      (local.set $changed (i32.const 0))
      (local.set $node (i32.const 0))
      (loop $nodes
        (local.set $to (call $successor (local.get $node)))
        ;; a back edge: it goes to a node that was entered earlier, and not left yet
        (if (i32.and
              (i32.le_s (call $number (local.get $to)) (call $number (local.get $node)))
              (i32.ge_s
                (i32.load offset=98304 (i32.shl (local.get $to) (i32.const 2)))
                (call $number (local.get $node))))
          (then
            (local.set $from (call $find (local.get $node)))
            (local.set $to (call $find (local.get $to)))
            (if (i32.ne (local.get $from) (local.get $to))
              (then
                (call $join (local.get $from) (local.get $to))
                (i32.store offset=32768 (i32.shl (local.get $from) (i32.const 2)) (local.get $to))
                (local.set $joined (i32.add (local.get $joined) (i32.const 1)))
                (local.set $changed (i32.const 1))))))
        (br_if $nodes
          (i32.lt_u (local.tee $node (i32.add (local.get $node) (i32.const 1))) (i32.const 8192))))
      (local.set $rounds (i32.add (local.get $rounds) (i32.const 1)))
      (br_if $again (i32.or (local.get $changed) (i32.lt_u (local.get $rounds) (i32.const 8)))))
    (local.get $joined))

  (func $build
    (local $node i32)
    (global.set $next (i32.const 0))
    (loop $nodes
      (global.set $seed (i32.add (i32.mul (global.get $seed) (i32.const 1103515245)) (i32.const 12345)))
      (i32.store (i32.shl (local.get $node) (i32.const 2)) (i32.const -1))
      (i32.store offset=32768 (i32.shl (local.get $node) (i32.const 2)) (local.get $node))
      (i32.store offset=65536
        (i32.shl (local.get $node) (i32.const 2))
        (i32.and (i32.shr_u (global.get $seed) (i32.const 8)) (i32.const 8191)))
      (br_if $nodes
        (i32.lt_u (local.tee $node (i32.add (local.get $node) (i32.const 1))) (i32.const 8192)))))

  ;; So many graphs, one after the other: how many unions there were.
  (func (export "run") (param $graphs i32) (result i32)
    (local $joined i32)
    (global.set $seed (i32.const 1))
    (loop $again
      (call $build)
      (call $search (i32.const 0) (i32.const 0))
      (local.set $joined (i32.add (local.get $joined) (call $loops)))
      (br_if $again (local.tee $graphs (i32.sub (local.get $graphs) (i32.const 1)))))
    (local.get $joined)))
