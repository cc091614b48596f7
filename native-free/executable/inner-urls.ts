/**
 * A rolldown plugin for `new URL('./x', import.meta.url)` in our sources, as `module-urls.ts` is, for the single executable:
 * there are no files there, so a module becomes `qt:<path below src, without .ts>` and a data file an asset of such a name.
 */
import { glob, readdir, readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import { findReferences, isSource, pathInProgram, SOURCES, type Reference } from '../module-urls.ts';

/** The entry of `npm run bench` is no part of the program; `qt bench` is. */
const NPM_BENCH = 'bench/run.ts';

export interface InnerUrls {
  /** Modules that are named by URL: file by name. */
  readonly modules: ReadonlyMap<string, string>;
  /** Data files: file by name. */
  readonly data: ReadonlyMap<string, string>;
  readonly plugin: Plugin;
}

export async function innerUrls(root: string): Promise<InnerUrls> {
  const modules = new Map<string, string>();
  const data = new Map<string, string>();
  for await (const file of glob(`{${SOURCES.join(',')}}/**/*.ts`, { cwd: root })) {
    const id = join(root, file);
    if (id === join(root, NPM_BENCH)) continue;
    const code = await readFile(id, 'utf8');
    if (!code.includes('import.meta')) continue;
    for (const reference of findReferences(code, id)) {
      const target = join(dirname(id), reference.path);
      if (target.endsWith('.ts')) modules.set(nameOf(root, target), target);
      else for (const path of reference.isTemplate ? await filesOf(target) : [target]) data.set(nameOf(root, path), path);
    }
  }
  return { modules, data, plugin: plugin(root) };
}

function plugin(root: string): Plugin {
  return {
    name: 'inner-urls',
    transform(code, id) {
      if (!isSource(root, id)) return null;
      if (!code.includes('import.meta')) return null;
      let result = code;
      for (const reference of findReferences(code, id).reverse()) {
        const { start, end } = reference.expression;
        result = `${result.slice(0, start)}new URL(${textOf(code, id, root, reference)})${result.slice(end)}`;
      }
      return { code: result, map: null };
    },
  };
}

/** Source text of the name; what follows the folder in a template stays as it is. */
function textOf(code: string, id: string, root: string, reference: Reference): string {
  const name = nameOf(root, join(dirname(id), reference.path));
  return reference.isTemplate ? `\`${name}${code.slice(reference.start + 1 + reference.path.length, reference.end)}` : JSON.stringify(name);
}

function nameOf(root: string, file: string): string {
  return `qt:${pathInProgram(root, file).replaceAll(sep, '/').replace(/\.ts$/, '')}${file.endsWith(sep) ? '/' : ''}`;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(folder, entry.name));
}
