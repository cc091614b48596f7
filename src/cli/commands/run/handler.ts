import { createLogger, formatReport, prepareRun, type JournalReport, type Run } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { isSound, reportOptions } from '../../run-report.ts';
import type { RunFlags } from './options.ts';
import { showProgress } from './progress.ts';
import { toConfigFlags } from './settings.ts';

/** @throws QtError of the configuration, the feed or the run */
export async function run(flags: RunFlags): Promise<ExitCode> {
  const { config: file, durability: level = 'written', events, handlers, journal, json, keepAll, quiet, sql, verbose } = flags;
  const prepared = await prepareRun({
    flags: toConfigFlags(flags),
    environment: process.env,
    ...(verbose === true ? { logger: createLogger('debug') } : {}),
    ...(file === undefined ? {} : { file }),
    ...(handlers === undefined ? {} : { handlers }),
    ...(events === undefined ? {} : { eventsFile: events }),
    ...(journal === undefined ? {} : { journal: { directory: journal, level, retention: keepAll === true ? 'none' : 'catalogue' } }),
    ...(sql === undefined ? {} : { sqlFile: sql }),
    onWarning: (message) => process.stderr.write(`${process.stderr.isTTY ? '\r\u001B[K' : ''}qt: warning: ${message}\n`),
  });
  if (quiet !== true) process.stderr.write(announce(prepared));
  const endProgress = quiet === true ? () => {} : showProgress(prepared, process.stderr);
  const interrupt = listenForInterrupts(quiet === true);
  try {
    const result = await prepared.execute(interrupt.signal);
    endProgress();
    process.stdout.write(json === true ? `${JSON.stringify(result)}\n` : `${formatReport(result, reportOptions())}\n`);
    if (quiet !== true && result.journal !== null) process.stderr.write(`qt: ${describeJournal(result.journal)}\n`);
    return isSound(result) ? EXIT_CODES.ok : EXIT_CODES.unsound;
  } finally {
    endProgress();
    interrupt.close();
  }
}

function announce({ engine, identity, info, mode }: Run): string {
  const threads = engine.mode === 'inline' ? 'inline' : `${engine.workers} worker threads`;
  const line = `qt: ${mode} run ${identity.runId} of ${info.name}, ${threads}, ${engine.lockstep ? 'lockstep' : 'free running'}\n`;
  if (engine.lockstep || engine.isPaced) return line;
  return `${line}qt: without lockstep or a rate the data runs ahead of every decision, so hardly an order is in time\n`;
}

function describeJournal({ appendedEvents, comparedEvents, directory, recordedEvents, state }: JournalReport): string {
  if (state === 'new') return `${appendedEvents} events are in the journal ${directory}`;
  const same = `the journal ${directory} held ${recordedEvents} events`;
  if (comparedEvents < recordedEvents) return `${same}; the first ${comparedEvents} came out the same`;
  if (state === 'complete') return `${same}, this run from start to end; it came out the same`;
  return `${same} of this run, which came out the same, and ${appendedEvents} were added`;
}

/** One interrupt can arrive twice: from the terminal, and passed on by the process that started us. */
const ECHO_MS = 250;

/** The first interrupt ends the feed, the second one the process. */
function listenForInterrupts(isQuiet: boolean): { signal: AbortSignal; close: () => void } {
  const controller = new AbortController();
  let first = { name: '', atMs: 0 };
  const onSignal = (name: string): void => {
    if (controller.signal.aborted) {
      const isEcho = name === first.name && performance.now() - first.atMs < ECHO_MS;
      if (isEcho) return;
      process.exit(EXIT_CODES.interrupted);
    }
    first = { name, atMs: performance.now() };
    controller.abort();
    if (!isQuiet) process.stderr.write('\nqt: stopping; what was sent is finished and reported, interrupt again to stop at once\n');
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    close: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
