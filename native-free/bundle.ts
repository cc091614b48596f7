/**
 * Bundles the package with everything it needs into `dist/`, so that an install of it brings no other package and with that no
 * compiled add-on: overrides in our package.json would not reach those who install us.
 *
 * All files lie flat in `dist/`. Every module may end in any chunk, and only a flat folder keeps `new URL('./x', import.meta.url)`
 * right in all of them.
 */
import { access, chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { CHUNKS, markIdleModules } from './chunks.ts';
import { moduleUrls } from './module-urls.ts';

/** The oldest Node that may embed the package. */
export const NODE_OLDEST = '22.12';
export const NODE_TARGET = `node${NODE_OLDEST}`;

const ENTRIES = { index: 'src/index.ts', trading: 'src/trading/index.ts', cli: 'src/cli/main.ts' };
/** What `npm run build:binary` puts into the same folder; no part of the package. */
export const EXECUTABLES: ReadonlySet<string> = new Set(['qt', 'qt.exe']);
const PISCINA_WORKER = 'piscina-worker.cjs';
/** Made by the installed command, when it first runs. */
const COMPILED = '.compiled';

/**
 * Writes the JavaScript of the package.
 *
 * @returns ids of all modules in the bundle, as absolute paths
 */
export async function bundle(root: string, outDir: string): Promise<string[]> {
  const input = Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(root, file)]));
  for (const file of Object.values(input)) await access(file);
  // Its path for `commander` leads to declarations, which are for the type checker only.
  const common = {
    tsconfig: false,
    platform: 'node',
    transform: { target: NODE_TARGET },
    logLevel: 'warn',
    onwarn: refuse,
  } as const;
  await clean(outDir);
  const main = await build({
    ...common,
    input,
    plugins: [moduleUrls(root), markIdleModules(), redirectPiscinaWorker(), shortManifest(root)],
    output: {
      dir: outDir,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: { groups: CHUNKS },
    },
  });
  // Piscina starts this file by path in every thread of its pool. It loads our thread entry, an ES module, by its name.
  const worker = await build({
    ...common,
    input: join(root, 'node_modules/piscina/dist/worker.js'),
    output: { file: join(outDir, PISCINA_WORKER), format: 'cjs', codeSplitting: false },
  });
  await writeLauncher(outDir);
  return [...main.output, ...worker.output].flatMap((item) => (item.type === 'chunk' ? item.moduleIds : []));
}

/** Leaves the executable, which is built apart and takes longer. */
async function clean(outDir: string): Promise<void> {
  for (const name of await readdir(outDir).catch(() => [])) {
    if (!EXECUTABLES.has(name)) await rm(join(outDir, name), { recursive: true, force: true });
  }
}

/** A warning of the bundler stops the build. */
export function refuse(warning: { message: string }): never {
  throw new Error(`Cannot bundle: ${warning.message}`);
}

/** Piscina names its thread entry relative to its own file; in the bundle that entry lies beside the chunks. */
function redirectPiscinaWorker(): Plugin {
  const virtual = 'qt:piscina-worker';
  const original = "(0, node_path_1.resolve)(__dirname, 'worker.js')";
  return {
    name: 'redirect-piscina-worker',
    resolveId: (id) => (id === virtual ? `\0${virtual}` : null),
    load(id) {
      if (id !== `\0${virtual}`) return null;
      return `import { fileURLToPath } from 'node:url';\nexport const file = fileURLToPath(new URL('./${PISCINA_WORKER}', import.meta.url));`;
    },
    transform(code, id) {
      if (!/piscina[\\/]dist[\\/]index\.js$/.test(id)) return null;
      if (!code.includes(original))
        throw new Error('Cannot bundle piscina: its thread entry is no longer named the way this build expects');
      return { code: code.replace(original, `require('${virtual}').file`), map: null };
    },
  };
}

/** Our code asks the manifest for its name and version; what the checkout depends on does not belong in the package. */
export function shortManifest(root: string): Plugin {
  const file = join(root, 'package.json');
  return {
    name: 'short-manifest',
    transform(code, id) {
      if (id !== file) return null;
      const { name, version } = JSON.parse(code) as { name: string; version: string };
      return { code: JSON.stringify({ name, version }), map: null };
    },
  };
}

/**
 * The `qt` command. It must run, and complain, on any Node. What V8 compiled is kept beside it: who may write there may change
 * the code as well, which cannot be said of the folder for all users that Node would take.
 */
async function writeLauncher(outDir: string): Promise<void> {
  const launcher = `#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 12)) {
  keepCompiled();
  import('./cli.js');
} else {
  process.stderr.write('qt: needs Node ${NODE_OLDEST} or later, and this is ' + process.versions.node + '; install it from https://nodejs.org\\n');
  process.exitCode = 1;
}

/** Code is compiled once, not at every start and on every thread. Where nothing can be written, it is not kept. */
function keepCompiled() {
  const { env } = process;
  if (env.NODE_COMPILE_CACHE !== undefined || env.NODE_DISABLE_COMPILE_CACHE !== undefined) return;
  const folder = process.getBuiltinModule('url').fileURLToPath(new URL('./${COMPILED}', import.meta.url));
  const { directory } = process.getBuiltinModule('module').enableCompileCache(folder);
  // This thread has it now; the threads that it starts look here.
  if (directory !== undefined) env.NODE_COMPILE_CACHE = directory;
}
`;
  const file = join(outDir, 'qt.mjs');
  await writeFile(file, launcher);
  await chmod(file, 0o755);
}

/** Packages, by folder, whose code is in the bundle. */
export async function bundledPackages(
  moduleIds: readonly string[],
): Promise<{ folder: string; name: string; version: string; license: string }[]> {
  const folders = new Set<string>();
  for (const id of moduleIds) {
    const match = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id);
    if (match?.[1] !== undefined) folders.add(match[1]);
  }
  const packages = [];
  for (const folder of [...folders].sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
    packages.push({ folder, name, version, license });
  }
  return packages;
}
