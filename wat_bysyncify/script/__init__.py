"""Scripts of the WebAssembly specification (.wast), run on wasmtime: `wat-shell FILE...`.

A script is modules, and commands that act on them and assert what comes of it (spec, interpreter/README.md):

    (module $M (import "spectest" "print" (func $print (param i32)))
      (func (export "f") (result i32) (call $print (i32.const 1)) (i32.const 2)))
    (assert_return (invoke "f") (i32.const 3))

`wat-shell` prints `(i32.const 1)`, says on standard error

    f.wast:3:1: error: assertion failed: got (i32.const 2), expected (i32.const 3)
    (assert_return (invoke "f") (i32.const 3))
    ^

and exits with 1. A module, or the fields of one, is a script too.

How the text becomes actions, each file knowing only those above it:

    values.py     literals <-> values, exact to the bit
    commands.py   text -> commands with their places; the text of a module is left as it is
    patterns.py   literals -> arguments; which results a pattern takes
    interface.py  binary module -> the types of its imports and exports
    adapter.py    modules that carry values of any type over to Python
    traps.py      what wasmtime says -> what scripts expect
    host.py       Host: prints, imports and calls; subclass it to take part
    instance.py   compiling and calling, with all values as `Value`s
    spectest.py   the module that scripts may import from
    run.py        Script: commands -> failures
    story.py      what happens in a run -> lines, and JSON
    trace.py      TracedScript: a script that is paused and resumed, and whose run is told
    tracing.py    options -> such scripts
    cli.py        files in, exit code out

wasmtime's Python package passes i32 i64 f32 f64 externref funcref, loses bits of NaNs, and aborts the process when it
meets any other type. So types are read from the binary, and whatever is not a function of integers is called
through an adapter module.

Where the reference interpreter and this one differ: `spectest.print*` may be imported with any signature (only
assert_unlinkable goes by the official ones), and the message of assert_invalid and assert_malformed is not compared.

From Python:

    from wat_bysyncify.script.host import Host
    from wat_bysyncify.script.run import Script

    lines = []
    failures = list(Script(text, host=Host(lines.append), rewrite=instrument).run())
"""
