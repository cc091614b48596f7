/**
 * A rolldown plugin for `new URL('./x', import.meta.url)` in our sources, by which the engine names what a worker thread loads.
 *
 * - a module becomes an entry of its own, and the URL names the emitted file;
 * - any other file is copied, and a template such as `./data/${name}` copies the folder in front of the variable;
 * - every other use of `import.meta` stops the build: it would mean something else in a bundle.
 */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Plugin, PluginContext } from 'rolldown';
import { parseSync, Visitor } from 'rolldown/utils';

export interface Reference {
  /** What is in front of the first variable of the path, or all of it. */
  readonly path: string;
  readonly isTemplate: boolean;
  readonly start: number;
  readonly end: number;
  /** The whole expression. */
  readonly expression: { readonly start: number; readonly end: number };
}

/** Copied files, by their name in the output. */
type Copied = Map<string, string>;

export function moduleUrls(root: string): Plugin {
  const copied: Copied = new Map();
  return {
    name: 'module-urls',
    async transform(code, id) {
      if (!isSource(root, id) || !code.includes('import.meta')) return null;
      let result = code;
      // From the end, so that earlier positions stay right.
      for (const reference of findReferences(code, id).reverse()) {
        const target = await emit(this, root, copied, id, reference);
        result = `${result.slice(0, reference.start)}${target}${result.slice(reference.end)}`;
      }
      return { code: result, map: null };
    },
  };
}

/** Folders with modules of the program; the bench is one of its commands. */
export const SOURCES = ['src', 'bench'] as const;

export function isSource(root: string, file: string): boolean {
  return SOURCES.some((folder) => file.startsWith(join(root, folder) + sep));
}

/** Relative to `src`; of the bench, which lies beside it, relative to the top folder. */
export function pathInProgram(root: string, file: string): string {
  return relative(file.startsWith(join(root, 'src') + sep) ? join(root, 'src') : root, file);
}

/** All `new URL(path, import.meta.url)` of a module, in order. */
export function findReferences(code: string, id: string): Reference[] {
  const references: Reference[] = [];
  let uses = 0;
  const visitor = new Visitor({
    MetaProperty: () => {
      uses += 1;
    },
    NewExpression: (node) => {
      const [path, base] = node.arguments;
      if (node.callee.type !== 'Identifier' || node.callee.name !== 'URL' || path === undefined || base === undefined) return;
      if (code.slice(base.start, base.end) !== 'import.meta.url') return;
      if (path.type === 'Literal' && typeof path.value === 'string') {
        references.push({ path: path.value, isTemplate: false, start: path.start, end: path.end, expression: node });
      } else if (path.type === 'TemplateLiteral') {
        references.push({ path: path.quasis[0]?.value.raw ?? '', isTemplate: true, start: path.start, end: path.end, expression: node });
      }
    },
  });
  visitor.visit(parseSync(id, code).program);
  if (uses !== references.length) {
    throw new Error(`Cannot bundle ${id}: import.meta is only supported in the form new URL('./x', import.meta.url)`);
  }
  return references;
}

/** Adds the file that is meant to the output and returns the source text that names it there. */
async function emit(context: PluginContext, root: string, copied: Copied, id: string, reference: Reference): Promise<string> {
  const target = join(dirname(id), reference.path);
  if (reference.isTemplate) return copyFolder(context, copied, id, reference, target);
  if (target.endsWith('.ts')) {
    const fileName = `${pathInProgram(root, target).slice(0, -3).replaceAll(sep, '-')}.js`;
    context.emitFile({ type: 'chunk', id: target, fileName });
    return `'./${fileName}'`;
  }
  if (basename(target) === 'package.json') return "'../package.json'";
  await copyFile(context, copied, target, basename(target));
  return `'./${basename(target)}'`;
}

async function copyFolder(context: PluginContext, copied: Copied, id: string, reference: Reference, folder: string): Promise<string> {
  if (!/^\.\/[\w-]+\/$/.test(reference.path)) throw new Error(`Cannot bundle ${id}: a template URL must start with "./<folder>/"`);
  const name = basename(folder);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) await copyFile(context, copied, join(folder, entry.name), `${name}/${entry.name}`);
  }
  const code = await readFile(id, 'utf8');
  return code.slice(reference.start, reference.end);
}

async function copyFile(context: PluginContext, copied: Copied, source: string, fileName: string): Promise<void> {
  const other = copied.get(fileName);
  if (other !== undefined && other !== source) throw new Error(`Cannot bundle: ${source} and ${other} would both become ${fileName}`);
  copied.set(fileName, source);
  context.emitFile({ type: 'asset', fileName, source: await readFile(source) });
}
