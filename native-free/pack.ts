/**
 * What `npm pack` and `npm publish` run around their work: `prepare` builds `dist/` and puts the published manifest in place of
 * package.json, `restore` takes it back.
 *
 * npm does not run `restore` when it fails or is stopped half way, so `prepare` leaves a guard behind: a process that waits
 * until npm is gone and restores what is still to restore.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { publishedManifest } from './manifest.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const manifest = join(root, 'package.json');
const saved = join(root, 'node_modules/.package.json.saved');
/** Nothing packs for longer; a guard that outlives this watches a number that belongs to another process by now. */
const GUARD_MS_MAX = 10 * 60_000;

const [step, pid] = process.argv.slice(2);
if (step === 'prepare') await prepare();
else if (step === 'restore') restore();
else if (step === 'guard') await guard(Number(pid));
else throw new Error('Usage: pack.ts prepare | restore | guard <pid>');

async function prepare(): Promise<void> {
  restore();
  await import('./build.ts');
  if (process.exitCode) return;
  const guardArguments = [fileURLToPath(import.meta.url), 'guard', String(findNpm())];
  spawn(process.execPath, guardArguments, { detached: true, stdio: 'ignore' }).unref();
  // The copy is complete before package.json changes, and renaming replaces it in one step: it is never half written.
  const original = readFileSync(manifest, 'utf8');
  writeFileSync(`${saved}.new`, original);
  renameSync(`${saved}.new`, saved);
  const published = `${JSON.stringify(publishedManifest(JSON.parse(original)), null, 2)}\n`;
  writeFileSync(`${manifest}.new`, published);
  renameSync(`${manifest}.new`, manifest);
}

function restore(): void {
  if (existsSync(saved)) renameSync(saved, manifest);
}

async function guard(npm: number): Promise<void> {
  const deadline = Date.now() + GUARD_MS_MAX;
  while (isAlive(npm) && Date.now() < deadline) await sleep(50);
  restore();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** The process id of the npm that runs this script. */
function findNpm(): number {
  const table = new Map<number, { parent: number; command: string }>();
  for (const line of execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')) {
    const [, id, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    if (command !== undefined) table.set(Number(id), { parent: Number(parent), command });
  }
  for (let id = process.ppid; table.has(id); id = table.get(id)?.parent ?? 0) {
    if (/(^|[/\s])npm(-cli\.js)?(\s|$)/.test(table.get(id)?.command ?? '')) return id;
  }
  throw new Error('Cannot prepare the package: this runs as a part of `npm pack` or `npm publish`');
}
