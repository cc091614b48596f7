/** Before the tests of the executable: builds it if there is none, or if something it is made of is newer. */
import { execFileSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { BINARY, ROOT } from './_qt.ts';

const PARTS = ['src/**/*', 'native-free/**/*', 'package.json', 'package-lock.json'];

export function setup(): void {
  const built = statSync(BINARY, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const newest = Math.max(...globSync(PARTS, { cwd: ROOT }).map((file) => statSync(join(ROOT, file)).mtimeMs));
  if (newest > built) execFileSync(process.execPath, [join(ROOT, 'native-free/build-binary.ts')], { stdio: 'inherit' });
}
