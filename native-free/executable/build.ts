/** Makes the single executable: the program and its data as assets of a copy of this Node. */
import { execFile } from 'node:child_process';
import { appendFile, chmod, copyFile, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundledPackages } from '../bundle.ts';
import { writeNotice } from '../notice.ts';
import { bundleProgram } from './program.ts';

/** Relative to the top folder. */
export const EXECUTABLE: string = process.platform === 'win32' ? 'dist/qt.exe' : 'dist/qt';

export interface Built {
  readonly bytes: number;
  /** Without the debug symbols of Node, which are a fifth of it. */
  readonly isStripped: boolean;
  readonly packages: number;
}

const run = promisify(execFile);
const boot = new URL('./boot.cjs', import.meta.url);

/**
 * @param work an empty folder for what lies in between
 * @throws Error if this Node cannot build one, or the one that was built does not start
 */
export async function buildExecutable(root: string, work: string, target: string): Promise<Built> {
  const { data, moduleIds, text } = await bundleProgram(root);
  const packages = await bundledPackages(moduleIds);
  await writeNotice(root, work, packages);
  await appendFile(join(work, 'NOTICE'), await nodeLicence());
  await copyFile(join(root, 'LICENSE'), join(work, 'LICENSE'));
  await writeFile(join(work, 'program.cjs'), text);
  await writeFile(join(work, 'main.cjs'), await mainScript(root));
  await copyFile(boot, join(work, 'boot.cjs'));
  const { isStripped, node } = await copyNode(work);
  const names = ['program.cjs', 'program.cache', 'boot.cjs', 'NOTICE', 'LICENSE'];
  const assets = Object.fromEntries([...names.map((name) => [name, join(work, name)]), ...data]);
  const made = await inject(node, work, assets);
  await run(made, ['--version'], { env: {}, cwd: work });
  // A running program cannot be written to, but it can be replaced.
  await rm(target, { force: true });
  await rename(made, target).catch(() => copyFile(made, target));
  await chmod(target, 0o755);
  return { bytes: (await stat(target)).size, isStripped, packages: packages.length };
}

/** Says its version without compiling anything. */
async function mainScript(root: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  return `${await readFile(boot, 'utf8')}
const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) process.stdout.write(${JSON.stringify(`${version}\n`)});
else boot('qt:cli');
`;
}

/** Node comes with its licence in the folder above its binary, or beside it. */
async function nodeLicence(): Promise<string> {
  const title = `\n${'-'.repeat(80)}\n\nNode.js ${process.versions.node}\n\n`;
  for (const folder of [join(dirname(process.execPath), '..'), dirname(process.execPath)]) {
    const text = await readFile(join(folder, 'LICENSE'), 'utf8').catch(() => '');
    if (text.includes('Node.js')) return `${title}${text}`;
  }
  return `${title}https://github.com/nodejs/node/blob/${process.version}/LICENSE\n`;
}

/** This Node, without its debug symbols where the tool is there. Afterwards it would be too late: it would cut off the program. */
async function copyNode(work: string): Promise<{ node: string; isStripped: boolean }> {
  const node = join(work, 'node');
  await copyFile(process.execPath, node);
  await chmod(node, 0o755);
  if (process.platform !== 'linux') return { node, isStripped: false };
  return run('strip', ['-s', node]).then(
    () => ({ node, isStripped: true }),
    () => ({ node, isStripped: false }),
  );
}

/** A short run that comes past most of what a start needs. */
async function compile(config: string, output: string): Promise<void> {
  const flags = ['run', '--mode', 'backtest', '--feed', 'synthetic', '--symbols', 'A', '--bars', '300', '--quiet'];
  const script = fileURLToPath(new URL('./code-cache.cjs', import.meta.url));
  await run(process.execPath, [script, config, output, ...flags], { env: {} }).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`Cannot build the executable: its program failed: ${error.stderr?.trim() || error.message}`);
  });
}

async function inject(node: string, work: string, assets: Readonly<Record<string, string>>): Promise<string> {
  const output = join(work, process.platform === 'win32' ? 'qt.exe' : 'qt');
  const config = { main: join(work, 'main.cjs'), output, executable: node, disableExperimentalSEAWarning: true, assets };
  await writeFile(join(work, 'sea.json'), JSON.stringify(config));
  await compile(join(work, 'sea.json'), join(work, 'program.cache'));
  await run(process.execPath, ['--build-sea', join(work, 'sea.json')]).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`Cannot build the executable: ${error.stderr?.trim() || error.message}`);
  });
  // Apple's processors start only what is signed; a signature of no one will do.
  if (process.platform === 'darwin') await run('codesign', ['--sign', '-', '--force', output]);
  return output;
}
