/** The text with all modules that goes into the executable: the command, the threads, what they load by name. */
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'rolldown';
import { NODE_TARGET, refuse, shortManifest } from '../bundle.ts';
import { innerUrls } from './inner-urls.ts';

export interface Program {
  /** A function expression in ASCII: `(require, exports, __filename) => ...`; exports `mount(assets)` and `load(name)`. */
  readonly text: string;
  readonly moduleIds: readonly string[];
  /** Files that become assets, by asset name. */
  readonly data: ReadonlyMap<string, string>;
}

const ENTRY = 'qt:program';
const PISCINA_THREAD = 'qt:piscina-thread';
const PISCINA = /piscina[\\/]dist[\\/](index|worker_pool[\\/]index)\.js$/;

export async function bundleProgram(root: string): Promise<Program> {
  const { modules, data, plugin } = await innerUrls(root);
  const inner = new Map([
    ...modules,
    ['qt:cli', join(root, 'src/cli/main.ts')],
    ['quantum-trader', join(root, 'src/index.ts')],
    ['quantum-trader/trading', join(root, 'src/trading/index.ts')],
    [PISCINA_THREAD, join(root, 'node_modules/piscina/dist/worker.js')],
  ]);
  const { output } = await build({
    input: ENTRY,
    cwd: root,
    tsconfig: false,
    platform: 'node',
    transform: { target: NODE_TARGET },
    logLevel: 'warn',
    onwarn: refuse,
    write: false,
    plugins: [entry(root, inner), plugin, swapResources(root), redirectPiscina(root), lazyBuiltins(), shortManifest(root)],
    output: { format: 'cjs', codeSplitting: false, minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } } },
  });
  const [chunk] = output;
  if (output.length !== 1) throw new Error('Cannot build the executable: its program fell into several files');
  return {
    text: toAscii(`(function (require, exports, __filename) {${chunk.code}\n})`),
    moduleIds: chunk.moduleIds,
    data,
  };
}

/** Comments are gone, so every other character stands in a literal or a name, where an escape means the same. */
function toAscii(code: string): string {
  return code.replaceAll(/[\u0080-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function entry(root: string, inner: ReadonlyMap<string, string>): Plugin {
  const rows = [...inner].map(([name, file]) => `  ${JSON.stringify(name)}: () => require(${JSON.stringify(file)}),`);
  const code = `import { mount as mountModules } from ${JSON.stringify(join(root, 'src/base/asset-resources.ts'))};
const modules = {
${rows.join('\n')}
};
export const mount = (assets) => mountModules(modules, assets);
export const load = (name) => modules[name]();
`;
  return {
    name: 'executable-entry',
    resolveId: (id) => (id === ENTRY ? `\0${ENTRY}` : null),
    load: (id) => (id === `\0${ENTRY}` ? code : null),
  };
}

/** The other implementation of the same port. */
function swapResources(root: string): Plugin {
  const base = join(root, 'src/base');
  return {
    name: 'swap-resources',
    resolveId: (id, importer) =>
      id === './file-resources.ts' && importer === join(base, 'resources.ts') ? join(base, 'asset-resources.ts') : null,
  };
}

/** The bundler would load all modules of Node that anything imports at the start, which takes longer than most commands. */
function lazyBuiltins(): Plugin {
  const prefix = '\0builtin:';
  return {
    name: 'lazy-builtins',
    resolveId(id, importer) {
      if (!isBuiltin(id)) return null;
      return importer?.startsWith(prefix) ? { id, external: true } : prefix + id;
    },
    load: (id) => (id.startsWith(prefix) ? `module.exports = require(${JSON.stringify(id.slice(prefix.length))});` : null),
  };
}

/** Piscina names its thread entry as a file and starts it itself; both have to go through our resources. */
function redirectPiscina(root: string): Plugin {
  const replacements: [original: string, replacement: string][] = [
    ["(0, node_path_1.resolve)(__dirname, 'worker.js')", JSON.stringify(PISCINA_THREAD)],
    [
      'new node_worker_threads_1.Worker(filename, workerOpts)',
      `require(${JSON.stringify(join(root, 'src/base/resources.ts'))}).resources.startThread(new URL(filename), workerOpts)`,
    ],
  ];
  return {
    name: 'redirect-piscina',
    transform(code, id) {
      if (!PISCINA.test(id)) return null;
      const found = replacements.filter(([original]) => code.includes(original));
      if (found.length !== 1) throw new Error(`Cannot bundle piscina: ${id} no longer starts its threads the way this build expects`);
      return { code: found.reduce((text, [original, replacement]) => text.replace(original, replacement), code), map: null };
    },
  };
}
