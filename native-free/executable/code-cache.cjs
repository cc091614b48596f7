'use strict';
/*
 * Run by the build of the executable: `node code-cache.cjs <sea.json> <output> [arguments of qt]`. Runs the program once and
 * keeps what V8 compiled meanwhile, so that the executable starts without compiling it again. V8 takes the code only if it is
 * of its own version and for the same text.
 */
const fs = require('node:fs');
const { Script } = require('node:vm');

const [config, output] = process.argv.splice(2, 2);
const { assets } = JSON.parse(fs.readFileSync(config, 'utf8'));
const store = {
  getAsset: (name, encoding) => fs.readFileSync(assets[name], encoding),
  getRawAsset: (name) => new Uint8Array(fs.readFileSync(assets[name])).buffer,
};
const script = new Script(fs.readFileSync(assets['program.cjs'], 'latin1'), { filename: 'qt-program.cjs' });
const program = {};
script.runInThisContext()(require, program, process.execPath);
program.mount(store);
program.load('qt:cli');
process.on('exit', (code) => {
  if (code !== 0) return;
  // The inline bus has run what threads run, except their entry.
  program.load('qt:engine/worker');
  fs.writeFileSync(output, script.createCachedData());
});
