// The Node.js runtime: loads a handler, and handles the events that come in, a JSON line each.
// It runs in a process of its own: bootstrap.js <folder of the code> <module.function> <file descriptor for results>
"use strict";
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const [, , folder, handler, results] = process.argv;
const dot = handler.lastIndexOf(".");
const handle = require(path.join(folder, handler.slice(0, dot)))[handler.slice(dot + 1)];

async function answer({ event, context }) {
  try {
    const value = await handle(event, context);
    return { value: value === undefined ? null : value };
  } catch (error) {
    console.error(error);
    return { error: { errorType: error.name, errorMessage: error.message, trace: String(error.stack).split("\n") } };
  }
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    fs.writeSync(Number(results), JSON.stringify(await answer(JSON.parse(line))) + "\n");
  }
})();
