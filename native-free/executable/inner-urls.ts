/**
 * A rolldown plugin for `new URL('./x', import.meta.url)` in our sources, as `module-urls.ts` is, for the single executable:
 * there are no files there, so a module becomes `qt:<path below src, without .ts>` and a data file an asset of such a name.
 */
import { glob, readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Plugin } from 'rolldown';
import { findReferences, type Reference } from '../module-urls.ts';

export interface InnerUrls {
  /** Modules that are named by URL: file by name. */
  readonly modules: ReadonlyMap<string, string>;
  /** Data files: file by name. */
  readonly data: ReadonlyMap<string, string>;
  readonly plugin: Plugin;
}

export async function innerUrls(root: string): Promise<InnerUrls> {
  const sources = join(root, 'src') + sep;
  const modules = new Map<string, string>();
  const data = new Map<string, string>();
  for await (const file of glob('**/*.ts', { cwd: sources })) {
    const id = join(sources, file);
    const code = await readFile(id, 'utf8');
    if (!code.includes('import.meta')) continue;
    for (const reference of findReferences(code, id)) {
      const target = join(dirname(id), reference.path);
      if (target.endsWith('.ts')) modules.set(nameOf(sources, target), target);
      else for (const path of reference.isTemplate ? await filesOf(target) : [target]) data.set(nameOf(sources, path), path);
    }
  }
  return { modules, data, plugin: plugin(sources) };
}

function plugin(sources: string): Plugin {
  return {
    name: 'inner-urls',
    transform(code, id) {
      if (!id.startsWith(sources)) return null;
      refuseThreads(code, id);
      if (!code.includes('import.meta')) return null;
      let result = code;
      for (const reference of findReferences(code, id).reverse()) {
        const { start, end } = reference.expression;
        result = `${result.slice(0, start)}new URL(${textOf(code, id, sources, reference)})${result.slice(end)}`;
      }
      return { code: result, map: null };
    },
  };
}

/** A thread started on a file would be missing in the executable, and only when it is needed. */
function refuseThreads(code: string, id: string): void {
  if (/\bnew Worker\(/.test(code) && !id.endsWith('-resources.ts')) {
    throw new Error(`Cannot build the executable: ${id} starts a thread itself; use resources.startThread of src/base`);
  }
}

/** Source text of the name; what follows the folder in a template stays as it is. */
function textOf(code: string, id: string, sources: string, reference: Reference): string {
  const name = nameOf(sources, join(dirname(id), reference.path));
  return reference.isTemplate ? `\`${name}${code.slice(reference.start + 1 + reference.path.length, reference.end)}` : JSON.stringify(name);
}

function nameOf(sources: string, file: string): string {
  return `qt:${relative(sources, file).replaceAll(sep, '/').replace(/\.ts$/, '')}${file.endsWith(sep) ? '/' : ''}`;
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(folder, entry.name));
}
