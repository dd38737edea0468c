// The article's example.js for a module that is instrumented already: node example.js MODULE.wasm STOP
//
// STOP is the control function that the last line calls once the stack has unwound: stop_unwind, or stop_rewind as the
// article has it. Sleeps take a tenth of their time.

var fs = require("fs");

var binary = fs.readFileSync(process.argv[2]);
var compiled = new WebAssembly.Module(binary);
var instance = new WebAssembly.Instance(compiled, {
  env: {
    before: function() {
      console.log('before!');
      setTimeout(function() {
        console.log('(an event that happens during the sleep)');
      }, 1000 / 10);
    },
    sleep: function(ms) {
      if (!sleeping) {
        // We are called in order to start a sleep/unwind.
        console.log('sleep...');
        // Fill in the data structure. The first value has the stack location,
        // which for simplicity we can start right after the data structure itself.
        view[DATA_ADDR >> 2] = DATA_ADDR + 8;
        // The end of the stack will not be reached here anyhow.
        view[DATA_ADDR + 4 >> 2] = 1024;
        exports.bysyncify_start_unwind(DATA_ADDR);
        sleeping = true;
        // Resume after the proper delay.
        setTimeout(function() {
          console.log('timeout ended, starting to rewind the stack');
          exports.bysyncify_start_rewind(DATA_ADDR);
          // The code is now ready to rewind; to start the process, enter the
          // first function that should be on the call stack.
          exports.main();
        }, ms / 10);
      } else {
        // We are called as part of a resume/rewind. Stop sleeping.
        console.log('...resume');
        exports.bysyncify_stop_rewind();
        sleeping = false;
      }
    },
    after: function() {
      console.log('after!');
    }
  }
});
var exports = instance.exports;
var view = new Int32Array(exports.memory.buffer);

// Global state for running the program.
var DATA_ADDR = 16; // Where the unwind/rewind data structure will live.
var sleeping = false;

// Run the program. When it pauses control flow gets to here, as the
// stack has unwound.
exports.main();
console.log('stack unwound');
exports['bysyncify_' + process.argv[3]]();
