/**
 * The program in the forms that users have it in: a checkout, the files of the package, the executable. Figures of a start or
 * of memory differ by half between them, so each is measured by itself.
 */
import { execFile } from 'node:child_process';
import { existsSync, type Stats } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { isSea } from 'node:sea';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { CheckError } from './check.ts';
import { getLauncher, isCheckout, qtCommand } from './program.ts';
import { MissingPeer } from './optional.ts';

export const FORMS = ['checkout', 'package', 'executable'] as const;
export type FormName = (typeof FORMS)[number];

/** A form that can be measured here, by its command, or why it cannot. */
export type Form = { readonly name: FormName } & (
  | {
      readonly command: readonly [program: string, ...args: string[]];
      /** Of its files; null for a checkout, most of whose files do not run. */
      readonly bytes: number | null;
    }
  | { readonly command: null; readonly reason: string }
);

export interface PackageFiles {
  readonly dist: string;
  remove(): Promise<void>;
}

const BUILD_MS_MAX = 120_000;
/** What the executable is made of, below the top folder. */
const SOURCES = ['src', 'bench', 'bench.config.ts', 'native-free', 'package.json'];

/**
 * All three forms. Only a checkout knows the others.
 *
 * @param files those of `buildPackage`, null outside a checkout
 * @throws MissingPeer when nobody knows how this `qt` was started
 */
export async function findForms(files: PackageFiles | null): Promise<Form[]> {
  const own = qtCommand();
  if (own === null) throw new MissingPeer('nobody knows how this qt was started');
  if (files === null) {
    const name: FormName = isSea() ? 'executable' : 'package';
    const reason = `this is the ${name}, which knows only itself`;
    const bytes = await bytesOf(isSea() ? own[0] : dirname(getLauncher()!));
    return FORMS.map((form) => (form === name ? { name, command: own, bytes } : { name: form, command: null, reason }));
  }
  return [
    { name: 'checkout', command: own, bytes: null },
    { name: 'package', command: [process.execPath, join(files.dist, 'qt.mjs')], bytes: await bytesOf(files.dist) },
    await findExecutable(checkoutRoot()),
  ];
}

/**
 * Builds the files of the package into a temporary folder. Null where this is not a checkout.
 *
 * @throws MissingPeer without the packages that build it; CheckError when they fail
 */
export async function buildPackage(): Promise<PackageFiles | null> {
  if (!isCheckout) return null;
  const root = checkoutRoot();
  if (!existsSync(join(root, 'node_modules/rolldown'))) throw new MissingPeer('rolldown is not installed, which builds the package');
  const folder = await mkdtemp(join(tmpdir(), 'qt-package-'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await promisify(execFile)(process.execPath, [join(root, 'native-free/package-files.ts'), folder], { timeout: BUILD_MS_MAX });
  } catch (error) {
    await remove();
    throw new CheckError(`the package cannot be built: ${(error as Error).message}`);
  }
  return { dist: join(folder, 'dist'), remove };
}

/** The launcher of a checkout is `src/cli/qt.mjs`. */
function checkoutRoot(): string {
  const launcher = getLauncher();
  if (launcher === null) throw new MissingPeer('nobody knows how this qt was started');
  return join(dirname(launcher), '../..');
}

async function findExecutable(root: string): Promise<Form> {
  const name = 'executable';
  const file = join(root, 'dist', process.platform === 'win32' ? 'qt.exe' : 'qt');
  const built = await stat(file).catch(() => null);
  if (built === null) return { name, command: null, reason: 'it is not built: npm run build:binary' };
  for (const source of SOURCES) {
    if ((await newestMs(join(root, source))) > built.mtimeMs)
      return { name, command: null, reason: `it is older than ${source}: npm run build:binary` };
  }
  return { name, command: [file], bytes: built.size };
}

async function newestMs(path: string): Promise<number> {
  return Math.max(...(await statsOf(path)).map(({ mtimeMs }) => mtimeMs));
}

async function bytesOf(path: string): Promise<number> {
  return (await statsOf(path)).reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}

/** Of a file, or of everything in a folder. */
async function statsOf(path: string): Promise<Stats[]> {
  const entries = (await stat(path)).isDirectory() ? await readdir(path, { recursive: true }) : [''];
  return Promise.all(entries.map((entry) => stat(join(path, entry))));
}
