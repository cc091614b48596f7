import {
  createLogger,
  describeCause,
  describeFields,
  describeSide,
  formatReport,
  replayRun,
  toTimeUs,
  verifyReplay,
  type ReplayRunOptions,
  type ReplayRunReport,
  type VerifyReplayReport,
} from '../../../app/index.ts';
import { invalidOption, toErrorRecord } from '../../../base/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { reportFailure } from '../../failure.ts';
import { listenForInterrupt } from '../../interrupt.ts';
import { showWork } from '../../progress.ts';
import { isSound, reportOptions } from '../../run-report.ts';
import type { ReplayFlags } from './options.ts';

/** Bytes that cannot be true or mean nothing here, and a place that is not there: to this command the same as no journal. */
const UNREADABLE = /^QT_(JOURNAL_DAMAGED|JOURNAL_CURSOR_UNKNOWN|CODEC_\w+)$/;

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_REPLAY_REFUSED, and those of the configuration and the flags */
export async function replay(directory: string, flags: ReplayFlags): Promise<ExitCode> {
  try {
    return await (flags.verify === true ? verify(directory, flags) : play(directory, flags));
  } catch (error) {
    if (!UNREADABLE.test(toErrorRecord(error).code)) throw error;
    reportFailure(error, flags.verbose === true);
    return EXIT_CODES.usage;
  }
}

async function verify(directory: string, flags: ReplayFlags): Promise<ExitCode> {
  const progress = showWork({ label: 'replay', unit: 'events', isWanted: isWanted(flags) });
  const report = await verifyReplay({ directory, ...toSystem(flags), onProgress: progress.onProgress }).finally(progress.end);
  process.stdout.write(`${flags.json === true ? JSON.stringify(report) : toText(report)}\n`);
  return report.isEqual ? EXIT_CODES.ok : EXIT_CODES.failed;
}

async function play(directory: string, flags: ReplayFlags): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  const progress = showWork({ label: 'replay', unit: 'events', isWanted: isWanted(flags) });
  const onProgress = ({ events }: { events: number }): void => progress.onProgress(events, 0);
  try {
    const options = { directory, ...toSystem(flags), ...toSelection(flags), signal: interrupt.signal, onProgress };
    const report = await replayRun(options).finally(progress.end);
    process.stdout.write(`${flags.json === true ? JSON.stringify(report) : formatReport(report.result, reportOptions())}\n`);
    if (flags.quiet !== true) process.stderr.write(`qt: ${describePlay(report)}\n`);
    return isSound(report.result) ? EXIT_CODES.ok : EXIT_CODES.unsound;
  } finally {
    interrupt.close();
  }
}

function isWanted({ json, quiet, verbose }: ReplayFlags): boolean {
  return json !== true && quiet !== true && verbose !== true;
}

function toSystem({ config: file, handlers, verbose }: ReplayFlags) {
  return {
    ...(file === undefined ? {} : { file }),
    ...(handlers === undefined ? {} : { handlers }),
    ...(verbose === true ? { logger: createLogger('debug') } : {}),
  };
}

function toSelection({ cursor, fromSeq, since, speed, toSeq, type }: ReplayFlags): Partial<ReplayRunOptions> {
  return {
    ...(fromSeq === undefined ? {} : { fromSeq: toNumber('from-seq', fromSeq) }),
    ...(since === undefined ? {} : { fromTimeUs: toTimeUs('since', since) }),
    ...(cursor === undefined ? {} : { fromCursor: cursor }),
    ...(toSeq === undefined ? {} : { toSeq: toNumber('to-seq', toSeq) }),
    ...(type === undefined ? {} : { types: type }),
    ...(speed === undefined ? {} : { speed: toNumber('speed', speed) }),
  };
}

function toNumber(field: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw invalidOption(field, text, 'a number');
}

function describePlay({
  directory,
  replay: { events, firstSeq, isComplete, lastSeq, lateMsMax, removedRecords },
}: ReplayRunReport): string {
  if (events === 0) return `nothing of ${directory} was played: it has no such inputs`;
  const late = lateMsMax >= 1 ? `, the latest ${lateMsMax.toFixed(0)} ms behind its time` : '';
  const gaps = removedRecords > 0 ? `; ${removedRecords} events of that range were removed by retention` : '';
  return `${events} inputs of ${directory} were played, seq ${firstSeq} to ${lastSeq}${late}${gaps}${isComplete ? '' : '; interrupted'}`;
}

function toText(report: VerifyReplayReport): string {
  const { decisionHash, decisions, difference, engine, events, given, isEqual, recordedHash, runId } = report;
  const hash = `decision hash ${decisionHash}`;
  if (isEqual) {
    const end = recordedHash === null ? 'the run has not ended' : 'the same that the run gave at its end';
    const taken = given === 0 ? '' : `; ${given} events of other handlers were taken as inputs`;
    return [`equal: ${engine} run ${runId}, ${events} events, ${decisions} decisions of them${taken}`, `${hash}, ${end}`].join('\n');
  }
  if (difference === null) return `different: run ${runId}, ${hash}, recorded ${recordedHash}, although all events are equal`;
  const { causes, recomputed, recorded, seq } = difference;
  const place = recorded === null ? `behind event ${seq}, where one is missing` : `at event ${seq}`;
  return [
    `different: ${engine} run ${runId} ${place}; ${events} events before it are equal, ${decisions} decisions of them`,
    `recorded    ${describeSide(recorded)}`,
    `recomputed  ${describeSide(recomputed)}`,
    ...describeFields(difference).map((field) => `            ${field}`),
    ...causes.map((cause) => `because of  ${describeCause(cause)}`),
  ].join('\n');
}
