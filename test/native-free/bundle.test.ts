import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundle } from '../../native-free/bundle.ts';
import { innerUrls } from '../../native-free/executable/inner-urls.ts';
import { publishedManifest } from '../../native-free/manifest.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
let root: string;
let out: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'qt-bundle-'));
  out = join(root, 'dist');
  plant('package.json', '{ "type": "module" }');
  plant('src/index.ts', 'export const answer: number = 42;\n');
  plant('src/trading/index.ts', 'export const price: number = 1;\n');
  plant('src/cli/main.ts', 'process.exitCode = 0;\n');
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(join(repository, 'node_modules/piscina'), join(root, 'node_modules/piscina'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test('a module that is named by a URL becomes a file that the URL names', async () => {
  plant('src/trading/regime/handler.ts', 'export function onEvent(): string { return "regime"; }\n');
  plant('src/trading/regime/index.ts', "export const handler: URL = new URL('./handler.ts', import.meta.url);\n");
  plant('src/trading/index.ts', "export { handler } from './regime/index.ts';\n");

  await bundle(root, out);

  const { handler } = await load('trading.js');
  expect((await import(String(handler))).onEvent()).toBe('regime');
});

test('a file that is named by a URL is copied, and a template copies its folder', async () => {
  plant('src/feed/data/bars.csv', 'a,b\n');
  plant('src/feed/note.txt', 'hello');
  plant(
    'src/index.ts',
    "export const at = (name: string): URL => new URL(`./data/${name}`, import.meta.url);\nexport { note } from './feed/note.ts';\n",
  );
  plant('src/data/prices.csv', 'c,d\n');
  plant('src/feed/note.ts', "export const note: URL = new URL('./note.txt', import.meta.url);\n");

  await bundle(root, out);

  const { at, note } = await load('index.js');
  expect(readFileSync((at as (name: string) => URL)('prices.csv'), 'utf8')).toBe('c,d\n');
  expect(readFileSync(note as URL, 'utf8')).toBe('hello');
});

test.each(['import.meta.dirname', 'new URL(process.argv[2]!, import.meta.url)', "import.meta.resolve('./x.ts')"])(
  'the build refuses %s, which would mean something else in a bundle',
  async (expression) => {
    plant('src/index.ts', `export const where: unknown = ${expression};\n`);

    await expect(bundle(root, out)).rejects.toThrow('import.meta is only supported in the form');
  },
);

test('two files of one name are refused, because the output is flat', async () => {
  plant('src/base/note.txt', 'one');
  plant('src/base/index.ts', "export const base: URL = new URL('./note.txt', import.meta.url);\n");
  plant('src/event/note.txt', 'two');
  plant('src/event/index.ts', "export const event: URL = new URL('./note.txt', import.meta.url);\n");
  plant('src/index.ts', "export { base } from './base/index.ts';\nexport { event } from './event/index.ts';\n");

  await expect(bundle(root, out)).rejects.toThrow('would both become note.txt');
});

test('what is imported through a door and not used stays out, and what is used keeps what it does when it is loaded', async () => {
  plant('src/feed/used.ts', "export const used: string[] = [];\nused.push('used');\n");
  plant('src/feed/unused.ts', 'export const unused: Map<string, string> = new Map(Object.entries(process.versions));\n');
  plant('src/feed/index.ts', "export { used } from './used.ts';\nexport { unused } from './unused.ts';\n");
  plant('src/cli/main.ts', "import { used } from '../feed/index.ts';\nprocess.stdout.write(used.join());\n");

  await bundle(root, out);

  const files = readdirSync(out).filter((name) => name.endsWith('.js'));
  expect(spawnSync(process.execPath, [join(out, 'cli.js')], { encoding: 'utf8' }).stdout).toBe('used');
  expect(files.filter((name) => readFileSync(join(out, name), 'utf8').includes('process.versions'))).toEqual([]);
});

test('a thread entry does its work where it is loaded, and nowhere else', async () => {
  plant('src/journal/writer-thread.ts', "import { say } from './say.ts';\nsay();\n");
  plant('src/journal/say.ts', "export function say(): void {\n  process.stdout.write('written');\n}\n");
  plant(
    'src/index.ts',
    "export { say } from './journal/say.ts';\nexport const url: URL = new URL('./journal/writer-thread.ts', import.meta.url);\n",
  );
  plant('src/cli/main.ts', "import { url } from '../index.ts';\nprocess.stdout.write(url.pathname);\n");

  await bundle(root, out);

  const run = (file: string) => spawnSync(process.execPath, [join(out, file)], { encoding: 'utf8' }).stdout;
  expect(run('cli.js')).toMatch(/journal-writer-thread\.js$/);
  expect(run('journal-writer-thread.js')).toBe('written');
});

test('an import that cannot be resolved stops the build', async () => {
  plant('src/index.ts', "export { x } from 'no-such-package';\n");

  await expect(bundle(root, out)).rejects.toThrow('no-such-package');
});

test('the thread entry of piscina lies beside the bundle', async () => {
  await bundle(root, out);

  expect(existsSync(join(out, 'piscina-worker.cjs'))).toBe(true);
});

test('the published manifest has no dependencies and no scripts', () => {
  const own = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

  const published = publishedManifest(own);

  expect(published).toMatchObject({ name: 'quantum-trader', version: own.version, dependencies: {}, bin: { qt: './dist/qt.mjs' } });
  for (const field of ['optionalDependencies', 'devDependencies', 'overrides', 'scripts']) expect(published).not.toHaveProperty(field);
});

test('a build takes away what the one before left, but not the executable, which is no part of the package', async () => {
  plant('dist/stale.js', '');
  plant('dist/qt', 'the executable');

  await bundle(root, out);

  expect(existsSync(join(out, 'stale.js'))).toBe(false);
  expect(readFileSync(join(out, 'qt'), 'utf8')).toBe('the executable');
  expect(publishedManifest({})['files']).toEqual(['dist', '!dist/qt', '!dist/qt.exe']);
});

describe('the command of the package', () => {
  const qt = (environment: NodeJS.ProcessEnv = {}) =>
    spawnSync(process.execPath, [join(out, 'qt.mjs')], { encoding: 'utf8', env: environment });

  beforeEach(async () => {
    plant('src/cli/main.ts', "console.log(process.env['NODE_COMPILE_CACHE'] ?? 'none');\n");
    await bundle(root, out);
  });

  test('keeps what was compiled beside its code, and tells its threads where', () => {
    const { stdout } = qt();

    expect(stdout.trim().startsWith(join(out, '.compiled'))).toBe(true);
    expect(existsSync(stdout.trim())).toBe(true);
  });

  test('leaves that to the user who has decided it', () => {
    const own = join(root, 'own');

    expect(qt({ NODE_COMPILE_CACHE: own }).stdout).toBe(`${own}\n`);
    expect(qt({ NODE_DISABLE_COMPILE_CACHE: '1' }).stdout).toBe('none\n');
    expect(existsSync(join(out, '.compiled'))).toBe(false);
  });

  test('works where nothing can be kept', () => {
    plant('dist/.compiled', 'a file is in the way');

    expect(qt()).toMatchObject({ stdout: 'none\n', stderr: '', status: 0 });
  });
});

test('modules of the executable are named by their place, and reached by that name', async () => {
  plant('src/trading/regime/handler.ts', 'export function onEvent(): string { return "regime"; }\n');
  plant('src/trading/regime/index.ts', "export const handler: URL = new URL('./handler.ts', import.meta.url);\n");
  plant('src/feed/data/bars.csv', 'a,b\n');
  plant('src/feed/index.ts', 'export const at = (name: string): URL => new URL(`./data/${name}`, import.meta.url);\n');
  const { data, modules } = await innerUrls(root);

  expect([...modules]).toEqual([['qt:trading/regime/handler', join(root, 'src/trading/regime/handler.ts')]]);
  expect([...data]).toEqual([['qt:feed/data/bars.csv', join(root, 'src/feed/data/bars.csv')]]);
});

async function load(name: string): Promise<Record<string, unknown>> {
  return import(pathToFileURL(join(out, name)).href);
}

function plant(file: string, text: string): void {
  const path = join(root, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
