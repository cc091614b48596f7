/** `node native-free/package-files.ts <folder>`: the files that an install of the package has and a program loads, for measuring. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';
import { publishedManifest } from './manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: package-files.ts <folder>');

await bundle(root, join(folder, 'dist'));
const own = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
await writeFile(join(folder, 'package.json'), JSON.stringify(publishedManifest(own)));
