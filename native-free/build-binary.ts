/** `npm run build:binary`: the whole of `qt`, with Node, in one file: `dist/qt`, or `dist/qt.exe`. Built for the machine it is built on. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildExecutable, EXECUTABLE } from './executable/build.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const work = await mkdtemp(join(tmpdir(), 'qt-executable-'));

try {
  await mkdir(join(root, 'dist'), { recursive: true });
  const { bytes, isStripped, packages } = await buildExecutable(root, work, join(root, EXECUTABLE));
  const size = `${(bytes / 1e6).toFixed(1)} MB${isStripped ? '' : ', with the symbols of Node: there is no `strip` here'}`;
  console.error(`Built ${EXECUTABLE}: ${size}, Node ${process.version}, ${packages} packages besides ours`);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}
