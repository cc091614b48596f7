/** What runs in a process of its own, and how such a process is started: from the files, and from the single executable. */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { isSea } from 'node:sea';
import type { CaseReport } from '../case.ts';
import { resources } from '../../src/base/index.ts';
import { CASES } from '../catalogue.ts';
import { CheckError } from './check.ts';
import { exposeCollector } from './collector.ts';
import { MissingPeer } from './optional.ts';
import { getLauncher, setLauncher } from './program.ts';

/** What the process of a case sends back. */
export type CaseMessage =
  | { readonly status: 'done'; readonly question: string; readonly report: CaseReport }
  | { readonly status: 'failed'; readonly message: string }
  | { readonly status: 'skipped'; readonly question: string; readonly reason: string };

/** A case by its name, or by the URL of its module. */
export interface PartRequest {
  readonly source: string;
  readonly settings: object;
  /** Script that starts `qt`, if known. */
  readonly launcher: string | null;
}

/**
 * Starts a process that runs the part and sends its message. Standard output belongs to the results, so it has none.
 *
 * @param program a script of its own, where there are files
 */
export function startPart(part: Omit<PartRequest, 'launcher'>, program?: URL): ChildProcess {
  const request: PartRequest = { ...part, launcher: getLauncher() };
  const stdio = ['ignore', 2, 2, 'ipc'] as const;
  const argument = JSON.stringify(request);
  if (isSea()) return spawn(process.execPath, ['bench', '--part', argument], { stdio: [...stdio] });
  // Where compiled code is kept is no business of a program that embeds us, and `npm run bench` tells it.
  const env = program === undefined ? process.env : { ...process.env, NODE_COMPILE_CACHE: undefined };
  return fork(program ?? new URL('./_part-process.ts', import.meta.url), [argument], {
    env,
    execArgv: [],
    stdio: [...stdio],
  });
}

/** In that process: measures, sends what came of it, and ends the process. */
export async function runPart(request: PartRequest): Promise<void> {
  // Whoever waits for the result is gone.
  process.once('disconnect', () => process.exit(1));
  exposeCollector();
  setLauncher(request.launcher);
  const message = await measure(request);
  // A case that failed half-way may have left threads behind; they end with the process.
  process.send!(message, () => process.exit(message.status === 'failed' ? 1 : 0));
}

async function measure({ source, settings }: PartRequest): Promise<CaseMessage> {
  let question = '';
  try {
    const part = await load(source);
    question = part.question;
    return { status: 'done', question, report: await part.run(settings as never) };
  } catch (error) {
    if (error instanceof MissingPeer) return { status: 'skipped', question, reason: error.message };
    if (error instanceof CheckError) return { status: 'failed', message: error.message };
    return { status: 'failed', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** What a process can measure: a case, or a part of one that needs a process of its own. */
interface Part {
  readonly question: string;
  run(settings: never): Promise<CaseReport>;
}

async function load(source: string): Promise<Part> {
  const entry = CASES.find(({ name }) => name === source);
  if (entry !== undefined) return (await entry.load()).bench;
  if (source === 'footprint-engine' || source === 'footprint-threads')
    return (await import('../scenario/footprint-parts.ts')).PARTS[source];
  return ((await resources.importModule(source)) as { bench: Part }).bench;
}
