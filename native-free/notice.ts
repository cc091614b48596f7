/** Writes the licences of all that is in the bundle besides our own code to `dist/NOTICE`. */
import { glob, readFile, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';

/** What a bundled package may be licensed under; anything else needs a look first. */
const ALLOWED = new Set(['MIT', 'MIT-0', 'ISC', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause']);

export async function writeNotice(
  root: string,
  outDir: string,
  packages: readonly { folder: string; name: string; version: string; license: string }[],
): Promise<void> {
  const parts = ['This package contains the following software and data of others.'];
  for (const one of packages) {
    if (!ALLOWED.has(one.license)) throw new Error(`Cannot publish ${one.name}@${one.version}: its licence is ${one.license}`);
    parts.push(`${one.name} ${one.version} (${one.license})\n\n${await licenceText(one.folder, one.name)}`);
  }
  for await (const file of glob('src/**/{LICENSE,NOTICE}', { cwd: root })) {
    parts.push(`${relative('src', file)}\n\n${(await readFile(join(root, file), 'utf8')).trim()}`);
  }
  await writeFile(join(outDir, 'NOTICE'), `${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`);
}

async function licenceText(folder: string, name: string): Promise<string> {
  for await (const file of glob('*', { cwd: folder })) {
    if (/^licen[cs]e/i.test(basename(file))) return (await readFile(join(folder, file), 'utf8')).trim();
  }
  throw new Error(`Cannot publish ${name}: it has no licence file`);
}
