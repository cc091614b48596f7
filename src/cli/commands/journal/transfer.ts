import { invalidOption } from '../../../base/index.ts';
import { exportJournal, importJournal, toTimeUs, type TransferReport } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { listenForInterrupt } from '../../interrupt.ts';
import { writeOut } from '../../output.ts';
import { showWork, type ProgressLine } from '../../progress.ts';
import type { ExportFlags, ImportFlags } from './transfer-options.ts';

/** @throws QtError of the flags, the journal or the file */
export async function exportTo(directory: string, flags: ExportFlags): Promise<ExitCode> {
  const { force, since, to, until } = flags;
  const isStdout = to === '-';
  const progress = showWork({ label: 'export', unit: 'events', isWanted: isWanted(flags), streamsResults: isStdout });
  return work(progress, async (signal) => {
    const options = {
      ...toSeqs(flags),
      ...(since === undefined ? {} : { sinceUs: toTimeUs('since', since) }),
      ...(until === undefined ? {} : { untilUs: toTimeUs('until', until) }),
      isForced: force === true,
      onProgress: progress.onProgress,
      signal,
    };
    const report = isStdout ? await exportJournal(directory, writeOut, options) : await exportJournal(directory, to, options);
    return { text: report === null ? null : toText(report, flags, `in ${isStdout ? 'the output' : to}`), isStdout };
  });
}

/** @throws QtError of the file or the journal */
export async function importFrom(file: string, flags: ImportFlags): Promise<ExitCode> {
  const progress = showWork({ label: 'import', unit: 'bytes', isWanted: isWanted(flags) });
  return work(progress, async (signal) => {
    const { onProgress } = progress;
    const report = await importJournal(file === '-' ? process.stdin : file, flags.to, { onProgress, signal });
    return { text: toText(report, flags, `in ${flags.to}`), isStdout: false };
  });
}

/** Runs a work that an interrupt ends, and says what came of it: on stderr when stdout has the result itself. */
async function work(
  progress: ProgressLine,
  run: (signal: AbortSignal) => Promise<{ text: string | null; isStdout: boolean }>,
): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  try {
    const { isStdout, text } = await run(interrupt.signal);
    progress.end();
    if (text !== null) (isStdout ? process.stderr : process.stdout).write(`${text}\n`);
    return EXIT_CODES.ok;
  } catch (error) {
    if (!interrupt.signal.aborted) throw error;
    progress.end();
    process.stderr.write('qt: interrupted; nothing was left behind\n');
    return EXIT_CODES.interrupted;
  } finally {
    progress.end();
    interrupt.close();
  }
}

function isWanted({ json, quiet }: { json?: true | undefined; quiet?: true | undefined }): boolean {
  return json !== true && quiet !== true;
}

function toText(report: TransferReport, { json }: { json?: true | undefined }, place: string): string {
  if (json === true) return JSON.stringify(report);
  const { events, journalId, lastSeq, sha256 } = report;
  return `${events} events up to seq ${lastSeq} of journal ${journalId} ${place}\nSHA-256 of the content ${sha256}`;
}

function toSeqs({ fromSeq, toSeq }: ExportFlags): { fromSeq?: number; toSeq?: number } {
  const from = fromSeq === undefined ? {} : { fromSeq: toSeqNumber('from-seq', fromSeq) };
  return { ...from, ...(toSeq === undefined ? {} : { toSeq: toSeqNumber('to-seq', toSeq) }) };
}

function toSeqNumber(field: string, text: string): number {
  const seq = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (seq < 1) throw invalidOption(field, text, 'an integer >= 1');
  return seq;
}
