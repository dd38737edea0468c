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
        (catch $e (i32.add (local.get $k)))
        (catch_all (local.get $k)))
      (local.get $k)))
  (func (export "flat") (param i32) (result i32) (local i32)
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
    catch $f
      drop
      local.get 1
      i32.add
    catch $e
    end)
  (func (export "delegates") (param $x i32) (result i32)
    (try (result i32)
      (do
        (try (result i32)
          (do
            (try (result i32)
              (do (call $may (local.get $x)))
              (delegate 1 ;; its parenthesis stands apart
              )))
          (catch_all (i32.const 1))))
      (catch $e (drop) (i32.const 2))
      (catch_all (rethrow 0))))
  (func (export "flat_delegate") (param $x i32) (result i32)
    try (result i32)
      try (result i32)
        try (result i32)
          local.get 0
          call $may
        delegate 1
      catch_all
        i32.const 1
      end
    catch $e
      drop
      i32.const 2
    end)
)
