'use strict';
/*
 * What runs first in the executable and in each of its threads: compiles the text with all modules, with the code that was
 * compiled when it was built, and loads one of them. The same few lines for all, so that there is one way in.
 */
function boot(entry) {
  const sea = require('node:sea');
  const { Script } = require('node:vm');
  // The text is ASCII; read as Latin-1 it takes a byte a character, here and in V8.
  const text = Buffer.from(sea.getRawAsset('program.cjs')).latin1Slice();
  const script = new Script(text, { filename: 'qt-program.cjs', cachedData: Buffer.from(sea.getRawAsset('program.cache')) });
  const program = {};
  script.runInThisContext()(require, program, process.execPath);
  program.mount(sea);
  program.load(entry);
}

module.exports = { boot };
