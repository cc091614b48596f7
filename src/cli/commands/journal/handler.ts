import { checkJournal, describeJournal, mendJournal, type JournalInfo, type RepairOutcome } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { JournalOptions } from './options.ts';

type Fault = NonNullable<JournalInfo['fault']>;

const LABEL = 12;

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_VERSION_UNSUPPORTED */
export function info(directory: string, { json }: JournalOptions): ExitCode {
  const found = describeJournal(directory);
  print(json === true ? JSON.stringify(found) : infoText(found));
  return exitCodeOf(found.fault);
}

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_VERSION_UNSUPPORTED */
export function verify(directory: string, { json }: JournalOptions): ExitCode {
  const report = checkJournal(directory);
  const { batches, bytes, fault, lastSeq, records, segments } = report;
  const state = fault === null ? 'sound' : `damaged: ${place(fault)}`;
  const upTo = fault === null ? '' : 'before it: ';
  const size = `${upTo}${segments} segments, ${batches} batches, ${records} events up to seq ${lastSeq}, ${bytes} bytes`;
  const hint = fault === null ? [] : [`qt journal repair ${directory} gives up what cannot be read`];
  print(json === true ? JSON.stringify({ directory, ...report }) : [state, size, ...notes(report), ...hint].join('\n'));
  return exitCodeOf(fault);
}

/** @throws QtError QT_APP_INPUT_UNREADABLE and those of the journal */
export function repair(directory: string, { json }: JournalOptions): ExitCode {
  const outcome = mendJournal(directory);
  print(json === true ? JSON.stringify(outcome) : repairText(outcome));
  return EXIT_CODES.ok;
}

function infoText(found: JournalInfo): string {
  const { bytes, fault, firstSeq, fromUs, lastSeq, records, runIds, runs, segments, toUs, types } = found;
  const row = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}`;
  const told = new Set(runs.map(({ runId }) => runId));
  return [
    row('journal', `${segments} segments, ${bytes} bytes`),
    row('events', records === 0 ? 'none' : `${records}, seq ${firstSeq} to ${lastSeq}`),
    ...(fromUs === null || toUs === null ? [] : [row('times', `${toTime(fromUs)} to ${toTime(toUs)}`)]),
    ...runs.map(({ decisionHash, mode, outcome, runId }) =>
      row('run', outcome === null ? `${runId}, ${mode}, not ended` : `${runId}, ${mode}, ${outcome}, decision hash ${decisionHash}`),
    ),
    ...runIds.filter((runId) => !told.has(runId)).map((runId) => row('bus', runId)),
    ...notes(found),
    ...(fault === null ? [] : [row('damaged', `${place(fault)}; this is what lies before`)]),
    ...(records === 0 ? [] : ['']),
    ...Object.entries(types).map(([type, count]) => `${String(count).padStart(LABEL - 2)}  ${type}`),
  ].join('\n');
}

function repairText({ fault, keptAside, lastSeq, lost, unfinishedBytes }: RepairOutcome): string {
  if (fault === null && unfinishedBytes === 0) return `nothing to repair, the journal is sound up to seq ${lastSeq}`;
  return [
    fault === null ? 'the journal was sound but for its end' : `was damaged: ${place(fault)}`,
    ...(unfinishedBytes === 0 ? [] : [`cut off ${unfinishedBytes} bytes of an unfinished batch at the end`]),
    ...lost.map((range) => `gave up seq ${range.firstSeq} to ${range.lastSeq}`),
    ...keptAside.map((path) => `the bytes as they were are in ${path}`),
    `sound now, up to seq ${lastSeq}`,
  ].join('\n');
}

function notes(report: { removedRecords: number; lostRecords: number; unfinishedBytes: number }): string[] {
  const { lostRecords, removedRecords, unfinishedBytes } = report;
  return [
    ...(removedRecords === 0 ? [] : [`${removedRecords} events were removed by retention`]),
    ...(lostRecords === 0 ? [] : [`${lostRecords} events were given up by a repair`]),
    ...(unfinishedBytes === 0 ? [] : [`${unfinishedBytes} bytes at the end are unfinished: being written, or cut when it is opened next`]),
  ];
}

function place({ file, offset, reason }: Fault): string {
  return `${file} at byte ${offset}: ${reason}`;
}

function exitCodeOf(fault: Fault | null): ExitCode {
  return fault === null ? EXIT_CODES.ok : EXIT_CODES.failed;
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString();
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
