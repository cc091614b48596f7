/** `npm run build`: the package as it is published, in `dist/`. */
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { bundle, bundledPackages } from './bundle.ts';
import { writeDeclarations } from './declarations.ts';
import { writeNotice } from './notice.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const outDir = join(root, 'dist');

try {
  const modules = await bundle(root, outDir);
  await writeDeclarations(root, outDir);
  const packages = await bundledPackages(modules);
  await writeNotice(root, outDir, packages);
  console.error(
    `Built dist: ${modules.length} modules, of ${packages.length} packages besides ours: ${packages.map((one) => one.name).join(', ')}`,
  );
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
