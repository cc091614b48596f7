'use strict';
/* Is what package-lock.json names installed, and if not, install it. Plain CommonJS for Node 12 and later. */
const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

/**
 * Runs `npm ci` unless node_modules holds what the lock file names.
 *
 * @param root top folder of the checkout
 * @param wanted `{ dev }`: whether the development packages are needed too
 * @throws Error whose message is one line for the user
 */
async function ensureInstalled(root, wanted) {
  if (isInstalled(root, wanted)) return;
  checkWritable(root);
  process.stderr.write('qt: installing the packages of package-lock.json with `npm ci` (once, about half a minute)\n');
  const result = await runNpm(root, npmArguments());
  if (result.code !== 0) throw new Error(explain(root, result));
}

/** Compares the lock file with the one npm leaves in node_modules, so an install by hand counts and an interrupted one does not. */
function isInstalled(root, wanted) {
  const expected = readPackages(path.join(root, 'package-lock.json'));
  const actual = readPackages(path.join(root, 'node_modules', '.package-lock.json'));
  if (expected === undefined)
    throw new Error('package-lock.json is missing or damaged in ' + root + '; restore it with `git checkout package-lock.json`');
  if (actual === undefined) return false;
  return Object.keys(expected).every((name) => {
    const entry = expected[name];
    if (!name.startsWith('node_modules/') || (entry.dev && !wanted.dev) || !fitsHere(entry)) return true;
    const found = actual[name];
    if (found === undefined) return entry.optional === true && entry.os === undefined;
    return found.version === entry.version && found.integrity === entry.integrity && fs.existsSync(path.join(root, name));
  });
}

function readPackages(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

function fitsHere(entry) {
  // npm knows the C library; older Node does not tell us, so these packages are left to npm.
  if (entry.libc !== undefined) return false;
  return fits(entry.os, process.platform) && fits(entry.cpu, process.arch);
}

function fits(list, value) {
  return list === undefined || list.indexOf(value) >= 0;
}

function checkWritable(root) {
  const problem = writeProblem(path.join(root, 'node_modules'));
  if (problem !== undefined)
    throw new Error('cannot install packages: ' + root + ' cannot be written to (' + problem + '); use a writable copy of it');
}

/** Why a folder cannot be written to or made, or undefined. Asks only: a recursive mkdir never returns on some file systems. */
function writeProblem(folder) {
  let existing = folder;
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) existing = path.dirname(existing);
  try {
    fs.accessSync(existing, fs.constants.W_OK);
    return undefined;
  } catch (error) {
    return error.code;
  }
}

function npmArguments() {
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--prefer-offline',
  ];
  // Without a network npm's own settings would retry silently for more than a minute.
  args.push('--fetch-retries=4', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=8000', '--loglevel=error');
  const cache = process.env.npm_config_cache || path.join(os.homedir(), process.platform === 'win32' ? 'AppData/Local/npm-cache' : '.npm');
  if (writeProblem(cache) !== undefined) args.push('--cache', path.join(os.tmpdir(), 'qt-npm-cache-' + os.userInfo().uid));
  return args;
}

function runNpm(root, args) {
  const command = npmCommand();
  // npm writes to pipes, not to our streams: stdout belongs to the script, and a failure is told in one line.
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'pipe'], shell: command.shell };
  return new Promise((resolve) => {
    const child = childProcess.spawn(command.file, command.args.concat(args), options);
    let output = '';
    child.stderr.on('data', (chunk) => {
      output = (output + chunk).slice(-20000);
    });
    child.on('error', (error) => resolve({ code: error.code, output: error.message }));
    child.on('close', (code, signal) => resolve({ code: signal || code, output }));
  });
}

/** The npm that started us, else the one on the PATH. */
function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.c?js$/.test(cli)) return { file: process.env.npm_node_execpath || process.execPath, args: [cli], shell: false };
  return { file: 'npm', args: [], shell: process.platform === 'win32' };
}

const REASONS = [
  [/ENOENT.*spawn|spawn.*ENOENT/, 'npm was not found; install Node with npm (https://nodejs.org) and run this again'],
  [
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT|CERT/,
    'the package registry cannot be reached; check the network (or npm\'s "registry" and "proxy" settings) and run this again',
  ],
  [/ENOSPC/, 'the disk is full; about 700 MB are needed'],
  [/EACCES|EPERM|EROFS/, 'npm may not write to node_modules or its cache; use a writable copy, or remove node_modules and run this again'],
  [/EINTEGRITY/, 'a downloaded package does not match package-lock.json; run `npm cache clean --force` and run this again'],
  [/EUSAGE/, 'package.json and package-lock.json disagree; restore both with `git checkout package.json package-lock.json`'],
];

function explain(root, result) {
  const known = REASONS.find((reason) => reason[0].test(result.code + ' ' + result.output));
  const lines = result.output.split('\n').map((line) => line.replace(/^npm (error|ERR!)\s*/, '').trim());
  const detail = lines.find((line) => line !== '' && !/^(code|errno|syscall|path) /.test(line)) || 'no message';
  const reason = known ? known[1] : 'run `npm ci` in ' + root + ' to see why';
  return 'cannot install packages: ' + reason + ' (npm ci: ' + result.code + ', ' + detail.slice(0, 160) + ')';
}

module.exports = { ensureInstalled, isInstalled };
