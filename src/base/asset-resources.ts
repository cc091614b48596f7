/**
 * What ships with the program, inside the single executable: one text with all modules, and assets. The build names a module
 * `qt:<path below src>`, and `import`, `require` and threads on files of the user resolve these names, and `quantum-trader`,
 * to the modules that already run here, so that an event defined by a user's module is known to the engine.
 */
import { createRequire, registerHooks } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Resources } from './resources.ts';

/** What an asset store has to give; `node:sea` does. */
export interface Assets {
  getAsset(name: string, encoding: 'utf8'): string;
  getRawAsset(name: string): ArrayBuffer;
}

type Namespace = Readonly<Record<string, unknown>>;
/** The modules inside, by name, each loaded when it is first asked for. */
export type InnerModules = Readonly<Record<string, () => Namespace>>;

/** Where the text of a stand-in module finds what it stands for. */
const LOOKUP = Symbol.for('quantum-trader.inner-modules');
/** A module of its own kind, because only there `import()` reaches the disk: the main script of an executable cannot. */
const IMPORTER = 'qt:importer';

let assets!: Assets;

/** Called once per thread, before anything else is loaded. */
export function mount(modules: InnerModules, store: Assets): void {
  assets = store;
  Object.defineProperty(globalThis, LOOKUP, { value: (name: string) => modules[name]!() });
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== IMPORTER && !Object.hasOwn(modules, specifier)) return next(specifier, context);
      return { url: specifier.startsWith('qt:') ? specifier : `qt:${specifier}`, format: 'module', shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith('qt:')) return next(url, context);
      const name = Object.hasOwn(modules, url) ? url : url.slice('qt:'.length);
      const source = url === IMPORTER ? 'export const load = (url) => import(url);' : standIn(name, modules[name]!());
      return { source, format: 'module', shortCircuit: true };
    },
  });
}

/** The text of a module that exports what another one does. */
function standIn(name: string, namespace: Namespace): string {
  const names = Object.keys(namespace);
  const parts = names.map((exported, i) => `const v${i} = m[${JSON.stringify(exported)}];`);
  const list = names.map((exported, i) => `v${i} as ${JSON.stringify(exported)}`).join(', ');
  return `const m = globalThis[Symbol.for(${JSON.stringify(LOOKUP.description)})](${JSON.stringify(name)});\n${parts.join('\n')}\nexport { ${list} };\n`;
}

export const resources: Resources = {
  startThread(entry, options) {
    const text = `${assets.getAsset('boot.cjs', 'utf8')}\nboot(${JSON.stringify(entry.href)});`;
    return new Worker(text, { ...options, eval: true });
  },
  async importModule(url) {
    const { load } = createRequire(process.execPath)(IMPORTER) as { load: (url: string) => Promise<unknown> };
    return load(url);
  },
  async readData(url) {
    return new Uint8Array(assets.getRawAsset(url.href));
  },
};
