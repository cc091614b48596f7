'use strict';
/*
 * What runs first in the executable and in each of its threads: compiles the text with all modules, from its code cache, and
 * starts one of them. The same few lines for all, so that there is one way in.
 */
function boot(entry) {
  const sea = require('node:sea');
  const { Script } = require('node:vm');
  const cachedData = sea.getAssetKeys().includes('program.cache') ? Buffer.from(sea.getRawAsset('program.cache')) : undefined;
  const script = new Script(sea.getAsset('program.cjs', 'utf8'), { filename: 'qt-program.cjs', cachedData });
  const exported = {};
  script.runInThisContext()(require, exported, process.execPath);
  exported.start(entry, sea);
}

module.exports = { boot };
