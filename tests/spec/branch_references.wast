;; Branches that carry references and numbers out of paused blocks: br, br_if, br_table, return.
(module
  (import "spectest" "print->i32" (func $next (param i32) (result i32)))
  (memory (export "memory") 1)
  (type $box (struct (field i32)))
  (func $box (param $x i32) (result (ref $box)) (struct.new $box (call $next (local.get $x))))
  (func $plain_get (param (ref null $box)) (result i32) (struct.get $box 0 (local.get 0)))
  (func (export "br") (param $x i32) (result i32)
    (call $plain_get
      (block $out (result (ref $box))
        (if (local.get $x) (then (br $out (call $box (i32.const 1)))))
        (drop (call $next (i32.const 2)))
        (struct.new $box (i32.const -1)))))
  (func (export "br_if") (param $x i32) (result i32)
    (block $out (result i32 (ref $box))
      (call $next (i32.const 3))
      (br_if $out (call $box (i32.const 4)) (i32.lt_s (call $next (local.get $x)) (i32.const 0)))
      (drop (call $next (i32.const 5)))
      (br_if $out (local.get $x))
      (drop)
      (call $box (i32.const 6)))
    (call $plain_get)
    (i32.sub))
  (func (export "br_table") (param $x i32) (result i32)
    (i32.sub (i32.const 1)
      (call $plain_get
        (block $a (result (ref null $box))
          (block $b (result (ref null $box))
            (drop (call $next (i32.const 0)))
            (br_table $a $b 0 (call $box (i32.const 6)) (local.get $x)))
          (return (i32.mul (call $plain_get) (call $next (i32.const 7))))))))
  (func $return (param $x i32) (result (ref $box) i32)
    (if (i32.lt_s (call $next (local.get $x)) (i32.const 0)) (then
      (drop (call $next (i32.const 8)))
      (return (call $box (local.get $x)) (call $next (i32.const 9)))))
    (struct.new $box (i32.const 3)) (i32.const 4))
  (func (export "return") (param i32) (result i32) (local i32)
    local.get 0
    call $return
    local.set 1
    call $plain_get
    local.get 1
    i32.sub)
)
(assert_return (invoke "br" (i32.const 0)) (i32.const -1))
(assert_return (invoke "br" (i32.const 1)) (i32.const 21))
(assert_return (invoke "br_if" (i32.const 0)) (i32.const -43))
(assert_return (invoke "br_if" (i32.const 1)) (i32.const -11))
(assert_return (invoke "br_if" (i32.const -1000)) (i32.const -11))
(assert_return (invoke "br_table" (i32.const 0)) (i32.const -165))
(assert_return (invoke "br_table" (i32.const 1)) (i32.const 36642))
(assert_return (invoke "br_table" (i32.const 2)) (i32.const 49032))
(assert_return (invoke "return" (i32.const 0)) (i32.const -1))
(assert_return (invoke "return" (i32.const -1000)) (i32.const -1019))
