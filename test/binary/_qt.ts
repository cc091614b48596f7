/** Runs `qt`, as the executable in an empty environment and as files. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXECUTABLE } from '../../native-free/executable/build.ts';

export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));
export const BINARY: string = join(ROOT, EXECUTABLE);
export const LAUNCHER: string = join(ROOT, 'src/cli/qt.mjs');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export type Qt = (args: readonly string[], cwd: string, env?: Readonly<Record<string, string>>) => Ended;

/** No Node, no PATH, no home. */
export const binary: Qt = (args, cwd, env = {}) => spawnQt(BINARY, args, cwd, { PATH: '/nonexistent', ...env });

export const files: Qt = (args, cwd, env = {}) => spawnQt(process.execPath, [LAUNCHER, ...args], cwd, { ...process.env, ...env });

function spawnQt(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Ended {
  return spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
}

/** A new empty folder. */
export function emptyFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'qt-binary-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Of `qt run --json`. */
export function decisionHashOf({ status, stderr, stdout }: Ended): string {
  if (status !== 0) throw new Error(`qt ended with ${status}: ${stderr}`);
  return (JSON.parse(stdout) as { decisionHash: string }).decisionHash;
}
