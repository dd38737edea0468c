;; Loops whose parameters are references, brought by br, br_on_non_null, br_table and catch clauses.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $list (struct (field i32) (field (ref null $list))))
  (tag $oops (param i32 (ref $list)))
  (func $build (param $n i32) (result (ref null $list))
    (ref.null $list)
    (loop $l (param (ref null $list)) (result (ref null $list))
      (if (param (ref null $list)) (result (ref null $list)) (local.get $n)
        (then
          (local.set $n (i32.sub (local.get $n) (i32.const 1)))
          (br $l (call $cons (call $next (local.get $n)))))))
  )
  (func $cons (param $rest (ref null $list)) (param $x i32) (result (ref $list))
    (struct.new $list (local.get $x) (local.get $rest)))
  (func (export "non-null") (param $n i32) (result i32) (local $sum i32) (local $l (ref $list))
    (block $end
      (br_on_null $end (call $build (local.get $n)))
      (loop $walk (param (ref $list))
        (local.set $l)
        (local.set $sum (i32.sub (call $next (local.get $sum)) (struct.get $list 0 (local.get $l))))
        (br_on_non_null $walk (struct.get $list 1 (local.get $l)))))
    (local.get $sum))
  (func (export "table") (param $n i32) (result i32) (local $l (ref null $list))
    i32.const 1
    local.get $n
    call $build
    loop $a (param i32 (ref null $list)) (result i32)
      local.set $l
      i32.const 3
      call $next
      i32.add
      block $b (param i32) (result i32 (ref null $list))
        local.get $l
        struct.get $list 1
        local.get $l
        struct.get $list 1
        struct.get $list 1
        ref.is_null
        br_table $a $b
      end
      struct.get $list 0
      i32.mul
    end)
  (func (export "caught") (param $n i32) (result i32) (local $l (ref $list))
    (i32.const 0) (call $cons (call $build (local.get $n)) (i32.const 5))
    (loop $again (param i32 (ref $list)) (result i32)
      (local.set $l)
      (i32.add (struct.get $list 0 (local.get $l)))
      (try_table (param i32) (result i32) (catch $oops $again)
        (i32.sub (call $next (i32.const 1)))
        (block $null (param i32) (result i32)
          (br_on_null $null (struct.get $list 1 (local.get $l)))
          (drop (call $next (i32.const 2)))
          (throw $oops)))))
)
(assert_return (invoke "non-null" (i32.const 0)) (i32.const 0))
(assert_return (invoke "non-null" (i32.const 4)) (i32.const 154))
(assert_return (invoke "table" (i32.const 4)) (i32.const 39990))
(assert_return (invoke "caught" (i32.const 3)) (i32.const -366))
