import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const sources = fileURLToPath(new URL('../../src/cli', import.meta.url));
let root: string;

// A checkout with one package in its lock file, a stand-in for npm that notes how it was called, and a script to start.
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'qt boot '));
  for (const name of ['bootstrap.cjs', 'install.cjs', 'launch.cjs']) cpSync(join(sources, name), join(root, 'src/cli', name));
  plant('package-lock.json', JSON.stringify({ packages: { 'node_modules/one': { version: '1.0.0', integrity: 'sha512-a' } } }));
  plant('src/echo.mjs', 'console.log(JSON.stringify(process.argv.slice(2))); process.exit(Number(process.argv[2] ?? 0));');
  npmThat('install()');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('the bootstrap installs what is missing, says so on stderr, and runs the script with its arguments', () => {
  const { status, stdout, stderr } = boot('src/echo.mjs', '0', '--quiet', 'a b');

  expect(stdout).toBe('["0","--quiet","a b"]\n');
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain('installing');
  expect(status).toBe(0);
});

test('the bootstrap does not install twice', () => {
  boot('src/echo.mjs');

  const { stderr } = boot('src/echo.mjs');

  expect(stderr).toBe('');
  expect(calls()).toBe(1);
});

test('the bootstrap counts an install that was made by hand', () => {
  installed('1.0.0');

  boot('src/echo.mjs');

  expect(calls()).toBe(0);
});

test('the bootstrap installs again when the lock file names another version', () => {
  installed('0.9.0');

  boot('src/echo.mjs');

  expect(calls()).toBe(1);
});

test('the bootstrap installs again when a package was deleted', () => {
  installed('1.0.0');
  rmSync(join(root, 'node_modules/one'), { recursive: true });

  boot('src/echo.mjs');

  expect(calls()).toBe(1);
});

test('the bootstrap ends with the code of the script', () => {
  installed('1.0.0');

  expect(boot('src/echo.mjs', '7').status).toBe(7);
});

test.each([
  [
    "console.error('npm error code ENOTFOUND\\nnpm error network request to https://r.example/one failed'); process.exit(1)",
    'registry cannot be reached',
  ],
  ["console.error('npm error code ENOSPC'); process.exit(1)", 'disk is full'],
  ["console.error('npm error code EINTEGRITY'); process.exit(1)", 'does not match package-lock.json'],
  ["console.error('npm error code EUSAGE'); process.exit(1)", 'disagree'],
  ["console.error('npm error something else'); process.exit(9)", 'run `npm ci`'],
])('the bootstrap explains in one line why npm failed: %s', (body, expected) => {
  npmThat(body);

  const { status, stdout, stderr } = boot('src/echo.mjs');

  const lines = stderr.trim().split('\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain(expected);
  expect(stdout).toBe('');
  expect(status).toBe(1);
});

test('the bootstrap says that npm is missing', () => {
  const { status, stderr } = bootWith({ npm_execpath: '', PATH: join(root, 'nowhere') }, 'src/echo.mjs');

  expect(stderr).toContain('npm was not found');
  expect(status).toBe(1);
});

test('the bootstrap says that the lock file is damaged', () => {
  plant('package-lock.json', '{');

  const { status, stderr } = boot('src/echo.mjs');

  expect(stderr).toContain('package-lock.json is missing or damaged');
  expect(status).toBe(1);
});

// Windows has no signals to pass on.
test.skipIf(process.platform === 'win32').each(['SIGTERM', 'SIGINT'] as const)(
  'the bootstrap passes %s on and ends as the script ends',
  async (signal) => {
    installed('1.0.0');
    plant(
      'src/wait.mjs',
      `process.on('${signal}', () => { console.log('got it'); process.exit(5); }); setInterval(() => {}, 1000); console.log('ready');`,
    );
    const child = spawn(process.execPath, [join(root, 'src/cli/bootstrap.cjs'), 'src/wait.mjs'], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
      if (String(chunk).includes('ready')) child.kill(signal);
    });

    const code = await new Promise((resolve) => child.on('close', resolve));

    expect(output).toBe('ready\ngot it\n');
    expect(code).toBe(5);
  },
);

function boot(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return bootWith({ npm_execpath: join(root, 'npm-cli.js'), npm_node_execpath: process.execPath }, ...args);
}

function bootWith(env: Record<string, string>, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, 'src/cli/bootstrap.cjs'), ...args], { encoding: 'utf8', env: { ...process.env, ...env } });
}

/** Puts an npm in place that counts its calls and then does what `body` says. */
function npmThat(body: string): void {
  const install = `function install() {
    fs.mkdirSync('node_modules/one', { recursive: true });
    fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json');
  }`;
  plant('npm-cli.js', `const fs = require('fs'); fs.appendFileSync('calls', 'x'); ${install}\n${body};`);
  chmodSync(join(root, 'npm-cli.js'), 0o755);
}

function calls(): number {
  const file = join(root, 'calls');
  return existsSync(file) ? readFileSync(file, 'utf8').length : 0;
}

function installed(version: string): void {
  mkdirSync(join(root, 'node_modules/one'), { recursive: true });
  plant('node_modules/.package-lock.json', JSON.stringify({ packages: { 'node_modules/one': { version, integrity: 'sha512-a' } } }));
}

function plant(file: string, text: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
