import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'qt-planted-'));
  plant(
    'package-lock.json',
    JSON.stringify({
      packages: { 'node_modules/harmless': { version: '1.0.0' }, 'node_modules/for-tests': { version: '1.0.0', dev: true } },
    }),
  );
  plant('node_modules/harmless/package.json', JSON.stringify({ name: 'harmless', version: '1.0.0' }));
  plant('src/index.ts', 'export const answer: number = 42;\n');
  plant('src/trading/index.ts', 'export const price: number = 1;\n');
  plant('src/cli/main.ts', 'process.exitCode = 0;\n');
  symlinkSync(join(repository, 'node_modules/piscina'), join(root, 'node_modules/piscina'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('the audit passes a tree without compiled code and says what it looked at', () => {
  const { status, stdout } = audit();

  expect(stdout).toContain('harmless@1.0.0: 1 files');
  expect(stdout).toContain('the bundle: ');
  expect(stdout).not.toContain('for-tests');
  expect(status).toBe(0);
});

test.each([
  ['a compiled add-on', () => plant('node_modules/harmless/build/fast.node', ''), 'fast.node is a compiled add-on'],
  ['a binding.gyp', () => plant('node_modules/harmless/binding.gyp', '{}'), 'binding.gyp is built by node-gyp'],
  [
    'an install script',
    () => plant('node_modules/harmless/package.json', JSON.stringify({ name: 'harmless', scripts: { postinstall: 'node-gyp rebuild' } })),
    'package.json has an install script: postinstall: node-gyp rebuild',
  ],
  [
    'an install script of an optional package for another machine',
    () =>
      plant(
        'package-lock.json',
        JSON.stringify({ packages: { 'node_modules/other': { version: '2.0.0', optional: true, hasInstallScript: true } } }),
      ),
    'package-lock.json has an install script',
  ],
  [
    'bundled code that loads an add-on',
    () =>
      plant(
        'src/index.ts',
        "import { createRequire } from 'node:module';\nexport const load = (at: string) => createRequire(at)('./fast.node');\n",
      ),
    'index.js names a .node file',
  ],
])('the audit fails on %s', (_, offend, expected) => {
  offend();

  const { status, stdout } = audit();

  expect(stdout).toContain(`FOUND `);
  expect(stdout).toContain(expected);
  expect(status).toBe(1);
});

test('the audit fails when a package of the lock file is not installed', () => {
  rmSync(join(root, 'node_modules/harmless'), { recursive: true });

  const { status, stderr } = audit();

  expect(stderr).toContain('harmless: it is not installed');
  expect(status).toBe(1);
});

test('the audit passes this repository', () => {
  const { status, stdout } = audit(repository);

  expect(stdout).toContain('(the Node runtime)');
  expect(stdout).toContain('native-free: nothing compiled found');
  expect(status).toBe(0);
});

test('the stub throws when it is loaded, so that callers take their JavaScript path', async () => {
  cpSync(join(repository, 'native-free/stub'), join(root, 'stub'), { recursive: true });

  await expect(import(join(root, 'stub/index.js'))).rejects.toThrow('native-free');
});

function audit(of = root): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(repository, 'native-free/audit.ts'), of], { encoding: 'utf8' });
}

function plant(file: string, text: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
