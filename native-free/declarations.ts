/**
 * Writes the type declarations of the package to `dist/types`, free of other packages: those of typebox, which ours build on,
 * are copied with their licence.
 */
import { execFile } from 'node:child_process';
import { copyFile, glob, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';

const SPECIFIER = /(\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)(["'])([^"'\n]+)\2/g;

/** @throws Error if a declaration needs a package that is neither Node's nor vendored */
export async function writeDeclarations(root: string, outDir: string): Promise<void> {
  const types = join(outDir, 'types');
  await promisify(execFile)(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(root, 'native-free/tsconfig.types.json'),
    '--outDir',
    types,
  ]).catch((error: { stdout?: string; message: string }) => {
    throw new Error(`Cannot write declarations:\n${error.stdout || error.message}`);
  });
  const vendor = new TypeboxVendor(root, join(types, 'vendor/typebox'));
  for await (const file of glob('**/*.d.ts', { cwd: types })) {
    const path = join(types, file);
    const text = await readFile(path, 'utf8');
    const rewritten = await replaceSpecifiers(text, async (specifier) => {
      if (specifier.startsWith('.')) return specifier.replace(/\.ts$/, '.js');
      if (specifier.startsWith('node:')) return specifier;
      if (/^typebox(\/|$)/.test(specifier)) return vendor.add(specifier, dirname(path));
      throw new Error(`Cannot write declarations: ${file} needs the types of "${specifier}", which the package does not bring`);
    });
    await writeFile(path, rewritten);
  }
  await vendor.finish();
}

async function replaceSpecifiers(text: string, replace: (specifier: string) => Promise<string>): Promise<string> {
  let result = '';
  let last = 0;
  for (const match of text.matchAll(SPECIFIER)) {
    const [all, before, quote, specifier] = match as unknown as [string, string, string, string];
    result += `${text.slice(last, match.index)}${before}${quote}${await replace(specifier)}${quote}`;
    last = match.index + all.length;
  }
  return result + text.slice(last);
}

/** Copies the declaration files of typebox that are reached from those added. */
class TypeboxVendor {
  readonly #source: string;
  readonly #target: string;
  readonly #done = new Set<string>();

  constructor(root: string, target: string) {
    this.#source = join(root, 'node_modules/typebox');
    this.#target = target;
  }

  /** Returns the specifier by which a file in `folder` names the copy. */
  async add(specifier: string, folder: string): Promise<string> {
    const file = await this.#resolve(specifier);
    await this.#copy(file);
    const path = relative(folder, join(this.#target, file)).replaceAll(sep, '/');
    return path.startsWith('.') ? path : `./${path}`;
  }

  async finish(): Promise<void> {
    if (this.#done.size > 0) await copyFile(join(this.#source, 'license'), join(this.#target, 'LICENSE'));
  }

  async #resolve(specifier: string): Promise<string> {
    const { exports } = JSON.parse(await readFile(join(this.#source, 'package.json'), 'utf8'));
    const found = exports[specifier.replace(/^typebox/, '.')]?.import;
    if (typeof found !== 'string') throw new Error(`Cannot write declarations: typebox has no "${specifier}"`);
    return found.replace(/^\.\//, '');
  }

  async #copy(file: string): Promise<void> {
    if (this.#done.has(file)) return;
    this.#done.add(file);
    const from = join(this.#source, file.replace(/\.mjs$/, '.d.mts'));
    const to = join(this.#target, file.replace(/\.mjs$/, '.d.mts'));
    const text = await replaceSpecifiers(await readFile(from, 'utf8'), async (specifier) => {
      if (!specifier.startsWith('.')) return this.add(specifier, dirname(to));
      await this.#copy(relative(this.#source, join(dirname(from), specifier)).replaceAll(sep, '/'));
      return specifier;
    });
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, text);
  }
}
