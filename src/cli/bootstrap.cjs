'use strict';
/*
 * What `npm start` and `npm test` run first: `node bootstrap.cjs <script> [arguments]`.
 * Installs the packages of package-lock.json when they are missing or out of date, then runs the script with the Node of the
 * lock file. This file and the two it loads are plain CommonJS for Node 12 and later, because they run before the right Node
 * is there. All of its own output goes to stderr; stdout belongs to the script.
 */
const path = require('path');
const { ensureInstalled } = require('./install.cjs');
const { chooseNode, launch } = require('./launch.cjs');

const root = path.resolve(__dirname, '..', '..');

/** Runs a script of this checkout, named relative to its top folder, and ends this process the way the script ended. */
async function start(script, args) {
  try {
    await ensureInstalled(root, { dev: !script.startsWith('src/') });
    launch(chooseNode(root), [path.join(root, script)].concat(args));
  } catch (error) {
    process.stderr.write('qt: ' + error.message + '\n');
    process.exitCode = 1;
  }
}

module.exports = { start };

if (require.main === module) void start(process.argv[2], process.argv.slice(3));
