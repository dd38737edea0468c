;; Recursive programs: Ackermann's function, the towers of Hanoi, quicksort. Flat.
;; Each asks its host for something at every step: to count, to move a disk, to compare two numbers.
(module
  (import "env" "tick" (func $tick (param i32 i32)))
  (import "env" "move" (func $move (param i32 i64 f64)))
  (import "env" "less" (func $less (param i32 i32) (result i32)))
  (memory (export "memory") 1)

  (func $ackermann (export "ackermann") (param $m i32) (param $n i32) (result i32)
    local.get $m
    local.get $n
    call $tick
    local.get $m
    i32.eqz
    if (result i32)
      local.get $n
      i32.const 1
      i32.add
    else
      local.get $m
      i32.const 1
      i32.sub
      local.get $n
      if (result i32)
        local.get $m
        local.get $n
        i32.const 1
        i32.sub
        call $ackermann
      else
        i32.const 1
      end
      call $ackermann
    end)

  ;; How many moves it takes; the pegs are an i32, an i64 and an f64.
  (func $hanoi (export "hanoi") (param $disks i32) (param $from i32) (param $over i64) (param $to f64) (result i32)
    local.get $disks
    i32.eqz
    if
      i32.const 0
      return
    end
    local.get $disks
    i32.const 1
    i32.sub
    local.get $from
    local.get $to
    i64.trunc_f64_s
    local.get $over
    f64.convert_i64_s
    call $hanoi
    local.get $from
    local.get $over
    local.get $to
    call $move
    i32.const 1
    i32.add
    local.get $disks
    i32.const 1
    i32.sub
    local.get $over
    i32.wrap_i64
    local.get $from
    i64.extend_i32_s
    local.get $to
    call $hanoi
    i32.add)

  ;; Fills $count numbers from 1024 on, sorts them; a checksum in which places count.
  (func (export "sort") (param $count i32) (result i64)
    (local $i i32) (local $random i32) (local $sum i64)
    i32.const 42
    local.set $random
    loop $fill
      local.get $random
      i32.const 1103515245
      i32.mul
      i32.const 12345
      i32.add
      local.set $random
      local.get $i
      i32.const 4
      i32.mul
      local.get $random
      i32.const 16
      i32.shr_u
      i32.const 1000
      i32.rem_u
      i32.store offset=1024
      local.get $i
      i32.const 1
      i32.add
      local.tee $i
      local.get $count
      i32.lt_u
      br_if $fill
    end
    i32.const 1024
    i32.const 1020
    local.get $count
    i32.const 4
    i32.mul
    i32.add
    call $quicksort
    i32.const 0
    local.set $i
    loop $add
      local.get $sum
      i64.const 31
      i64.mul
      local.get $i
      i32.const 4
      i32.mul
      i64.load32_u offset=1024
      i64.add
      local.set $sum
      local.get $i
      i32.const 1
      i32.add
      local.tee $i
      local.get $count
      i32.lt_u
      br_if $add
    end
    local.get $sum)

  ;; Sorts the numbers from $low to $high, both included.
  (func $quicksort (param $low i32) (param $high i32)
    (local $left i32) (local $right i32) (local $pivot i32) (local $swap i32)
    local.get $low
    local.get $high
    i32.ge_s
    br_if 0
    local.get $low
    local.tee $left
    i32.load
    local.set $pivot
    local.get $high
    local.set $right
    block $parted
      loop $part
        loop $up
          local.get $left
          i32.load
          local.get $pivot
          call $less
          if
            local.get $left
            i32.const 4
            i32.add
            local.set $left
            br $up
          end
        end
        loop $down
          local.get $pivot
          local.get $right
          i32.load
          call $less
          if
            local.get $right
            i32.const 4
            i32.sub
            local.set $right
            br $down
          end
        end
        local.get $left
        local.get $right
        i32.gt_s
        br_if $parted
        local.get $left
        i32.load
        local.set $swap
        local.get $left
        local.get $right
        i32.load
        i32.store
        local.get $right
        local.get $swap
        i32.store
        local.get $left
        i32.const 4
        i32.add
        local.tee $left
        local.get $right
        i32.const 4
        i32.sub
        local.tee $right
        i32.le_s
        br_if $part
      end
    end
    local.get $low
    local.get $right
    call $quicksort
    local.get $left
    local.get $high
    call $quicksort))
