(module
  (import "env" "sleep" (func $sleep (param i32) (result i32)))
  (memory (export "memory") 1)
  (tag $e (param i32))
  (tag $f (param i32 i64))
  (func $may (param $x i32) (result i32)
    (local $y i32)
    (local.set $y (call $sleep (local.get $x)))
    (if (i32.eq (local.get $x) (i32.const 3)) (then (throw $e (local.get $y))))
    (if (i32.eq (local.get $x) (i32.const 4)) (then (throw $f (local.get $y) (i64.const 7))))
    (local.get $y))
  (func (export "folded") (param $x i32) (result i32)
    (local $k i32)
    (local.set $k (i32.const 1000))
    (i32.add
      (try $t (result i32)
        (do
          (local.set $k (i32.add (local.get $k) (call $may (local.get $x))))
          (drop (br_if $t (i32.const 77) (i32.eq (local.get $x) (i32.const 5))))
          (call $may (i32.add (local.get $x) (i32.const 1))))
        (catch $e (call $sleep) (i32.add (local.get $k)) (br $t) )
        (catch_all (i32.sub (local.get $k) (call $sleep (i32.const 200)))))
      (local.get $k)))
  (func (export "flat") (param i32) (result i32) (local i32)
    block (result i32)
    i32.const 500
    local.set 1
    try (result i32)
      local.get 0
      call $may
      local.get 1
      i32.add
      local.get 0
      i32.const 1
      i32.add
      call $may
      i32.add
      local.get 0
      i32.const 6
      i32.eq
      br_if 1
    catch $f
      drop
      local.get 1
      i32.add
      call $sleep
      br 0
    catch $e
      call $sleep
      br 1
    end
    call $sleep
    end)
  (func (export "nested") (param $x i32) (result i32)
    try (result i32)
      try (result i32)
        local.get $x
        call $may
      catch $e
        call $sleep
        call $may
        local.get $x
        i32.const 1
        i32.add
        call $may
        i32.sub
        br 1
      catch_all
        rethrow 0
      end
      call $sleep
      br 0
    catch $f
      drop
      i32.const 2
      i32.add
      call $may
      try (param i32) (result i32)
        drop
        local.get $x
        call $may
      catch $f
        drop
        call $sleep
        br 1
      end
    catch_all
      i32.const 5
      call $sleep
    end)
  (func (export "empty") (param $x i32) (result i32)
    (try
      (do)
      (catch $e (drop) (drop (call $sleep (i32.const 1)))))
    (try
      (do (drop (call $may (local.get $x))))
      (catch_all (local.set $x (call $sleep (i32.const 2)))))
    (try
      (do (throw $f (local.get $x) (i64.const 0)))
      (catch $e (local.set $x (call $sleep)))
      (catch $f (drop) (local.set $x (call $sleep))))
    (try $t
      (do (br_if 0 (call $may (i32.const 3))))
      (catch $f (drop) (drop (call $sleep)))
      (catch_all))
    (local.get $x))
  (func $last (param i32) local.get 0 call $may drop try(throw $e (local.get 0))catch_all(drop (call $may (local.get 0)))end)
  (func (export "last") (param i32) (result i32) (call $last (local.get 0)) (i32.const 1))
)
