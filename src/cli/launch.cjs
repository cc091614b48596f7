'use strict';
/* Which Node to use, and how to become it. Plain CommonJS for Node 12 and later. */
const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

/** The Node this project is made for. */
const WANTED_MAJOR = 26;
/** The oldest Node that runs TypeScript by itself; used only where the packaged Node cannot run. */
const OLDEST = [22, 18];

/**
 * The Node to run TypeScript with: this one if it is new enough, else the packaged one, else this one if it will do.
 *
 * @throws Error whose message is one line for the user
 */
function chooseNode(root) {
  if (runningVersion()[0] >= WANTED_MAJOR) return process.execPath;
  const packaged = packagedNode(root);
  const problem = packaged === undefined ? 'has no package for ' + process.platform + '-' + process.arch : startProblem(packaged);
  if (problem === undefined) {
    restoreLink(root, packaged);
    return packaged;
  }
  if (willDo()) {
    process.stderr.write('qt: Node ' + WANTED_MAJOR + ' ' + problem + '; going on with Node ' + process.versions.node + '\n');
    return process.execPath;
  }
  // npm scripts put this folder first on the PATH; without the link the next run comes here again, not to a Node that cannot start.
  if (packaged !== undefined) removeLink(root);
  throw new Error('needs Node ' + WANTED_MAJOR + ', which ' + problem + '; ' + remedy(problem));
}

function runningVersion() {
  return process.versions.node.split('.').map(Number);
}

function willDo() {
  const [major, minor] = runningVersion();
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** Path of the Node binary that the lock file brought, or undefined where there is none for this machine. */
function packagedNode(root) {
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const names = ['node-' + platform + '-' + process.arch, 'node-bin-' + platform + '-' + process.arch];
  return names.map((name) => path.join(root, 'node_modules', name, 'bin', binary)).find((file) => fs.existsSync(file));
}

/** Why the binary does not start, or undefined when it does. */
function startProblem(binary) {
  const result = childProcess.spawnSync(binary, ['--version'], { encoding: 'utf8' });
  if (result.status === 0) return undefined;
  const said = ((result.stderr || '').trim() || (result.error && result.error.message) || 'signal ' + result.signal).split('\n')[0];
  return 'is installed but does not start (' + said + ')';
}

function remedy(problem) {
  if (problem.indexOf('libatomic') >= 0)
    return 'install its missing library with `apt-get install libatomic1` (or your system\'s "libatomic") and run this again';
  return 'install Node ' + WANTED_MAJOR + ' from https://nodejs.org and run this again';
}

/** Undoes removeLink once the cause is gone. npm makes no links on Windows. */
function restoreLink(root, packaged) {
  const link = path.join(root, 'node_modules', '.bin', 'node');
  if (process.platform === 'win32' || fs.existsSync(link)) return;
  try {
    fs.symlinkSync(path.relative(path.dirname(link), packaged), link);
  } catch {
    // Read-only: only the next start is a little slower.
  }
}

function removeLink(root) {
  try {
    fs.unlinkSync(path.join(root, 'node_modules', '.bin', 'node'));
  } catch {
    // Read-only or already gone: the message that follows is still right.
  }
}

/** Runs a command on our streams; passes signals on and ends as the command ended. */
function launch(node, args) {
  const child = childProcess.spawn(node, args, { stdio: 'inherit', env: environment() });
  const forward = (signal) => {
    // A terminal has sent its interrupt to the command already, and to some programs a second one means "now".
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((signal) => process.on(signal, forward));
  child.on('error', (error) => {
    process.stderr.write('qt: cannot start ' + node + ': ' + error.message + '\n');
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    signals.forEach((name) => process.removeListener(name, forward));
    if (signal === null) process.exit(code);
    process.kill(process.pid, signal);
    // Some signals do not end this process at once, or at all on Windows.
    setTimeout(() => process.exit(128 + (os.constants.signals[signal] || 0)), 100);
  });
}

/**
 * Ours, with the installed commands (Node among them) first on the PATH, and with a place for compiled code: types are
 * stripped and modules compiled once, not in every process and on every thread.
 */
function environment() {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') || 'PATH';
  const modules = path.join(__dirname, '..', '..', 'node_modules');
  const isDecided = process.env.NODE_COMPILE_CACHE !== undefined || process.env.NODE_DISABLE_COMPILE_CACHE !== undefined;
  const cache = isDecided ? {} : { NODE_COMPILE_CACHE: path.join(modules, '.cache', 'quantum-trader') };
  const commands = { [name]: path.join(modules, '.bin') + path.delimiter + (process.env[name] || '') };
  return Object.assign({}, process.env, commands, cache);
}

module.exports = { chooseNode, launch, packagedNode };
