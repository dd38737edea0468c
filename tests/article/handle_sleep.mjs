// The article's example.js, written with the runtime: node handle_sleep.mjs bysyncify.mjs MODULE.wasm
//
// It prints the same, in the same order. Sleeps take a tenth of their time.

import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";

const Bysyncify = await import(pathToFileURL(process.argv[2]));

const { instance } = await Bysyncify.instantiate(await readFile(process.argv[3]), {
  env: {
    before() {
      console.log("before!");
      setTimeout(function () {
        console.log("(an event that happens during the sleep)");
      }, 1000 / 10);
    },
    sleep(ms) {
      console.log("sleep...");
      Bysyncify.handleSleep(function (wakeUp) {
        setTimeout(function () {
          console.log("timeout ended, starting to rewind the stack");
          wakeUp();
        }, ms / 10);
      });
    },
    after() {
      console.log("...resume");
      console.log("after!");
    },
  },
});

const running = instance.exports.main();
console.log("stack unwound");
await running;
