import { checkJournal, describeJournal, mendJournal, type JournalInfo, type OnProgress, type RepairOutcome } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { showWork } from '../../progress.ts';
import type { JournalOptions, VerifyFlags } from './options.ts';

type Fault = NonNullable<JournalInfo['fault']>;
type VerifyReport = ReturnType<typeof checkJournal>;
type AuditBreak = VerifyReport['audit']['breaks'][number];

const LABEL = 12;
const FORGED = 'its bytes can be read, so somebody has changed them on purpose: keep the files, and compare them with a copy';

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_VERSION_UNSUPPORTED */
export function info(directory: string, flags: JournalOptions): ExitCode {
  const { json } = flags;
  const found = withProgress('info', flags, (onProgress) => describeJournal(directory, onProgress));
  print(json === true ? JSON.stringify(found) : infoText(found));
  return exitCodeOf(found.fault);
}

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_JOURNAL_VERSION_UNSUPPORTED, QT_OPTION_INVALID */
export function verify(directory: string, flags: VerifyFlags): ExitCode {
  const { head, json } = flags;
  const expected = head === undefined ? {} : { expectedHead: head };
  const report = withProgress('verify', flags, (onProgress) => checkJournal(directory, { ...expected, onProgress }));
  const { batches, bytes, fault, lastSeq, records, segments } = report;
  const complaint = head === undefined ? null : complaintOf(report, head);
  const state = fault !== null ? `damaged: ${place(fault)}` : (complaint ?? 'sound');
  const upTo = fault === null ? '' : 'before it: ';
  const size = `${upTo}${segments} segments, ${batches} batches, ${records} events up to seq ${lastSeq}, ${bytes} bytes`;
  const hint = fault === null ? [] : [report.audit.fault === null ? `qt journal repair ${directory} gives up what cannot be read` : FORGED];
  const lines = [state, size, ...auditText(report, head), ...notes(report), ...hint];
  print(json === true ? JSON.stringify({ directory, ...report }) : lines.join('\n'));
  return complaint === null ? exitCodeOf(fault) : EXIT_CODES.failed;
}

/** Why a noted head does not speak for the journal; null if it does. */
function complaintOf({ audit }: VerifyReport, head: string): string | null {
  if (audit.expectedAt === null)
    return `damaged: no record of the audit chain has the hash ${head}, so chained events are missing or were written anew`;
  const gap = audit.breaks.find(({ firstSeq }) => firstSeq <= audit.expectedAt!.seq);
  return gap === undefined ? null : `damaged: the audit chain is not whole up to the noted head; ${lostText(gap)}`;
}

function auditText({ audit }: VerifyReport, head: string | undefined): string[] {
  const { breaks, expectedAt, records, unchained } = audit;
  const isKnown = head !== undefined && expectedAt !== null;
  if (records === 0 && head === undefined) return ['audit chain: no event of this journal is chained'];
  return [
    `audit chain: ${records} events, head ${audit.head}`,
    ...(isKnown ? [`the noted head is that of its event ${expectedAt.records}, seq ${expectedAt.seq}`] : []),
    ...(head === undefined
      ? ['note the head elsewhere: only --head with an earlier one shows that the newest events were taken away']
      : []),
    ...breaks.map((gap) => `the audit chain has a break: ${lostText(gap)}`),
    ...(unchained === null
      ? []
      : [
          `${unchained.records} events between seq ${unchained.firstSeq} and ${unchained.lastSeq} are not chained: the audit was off (${unchained.types.join(', ')})`,
        ]),
  ];
}

function lostText({ firstSeq, lastSeq, records }: AuditBreak): string {
  return `records lost here: ${records} chained events between seq ${firstSeq} and ${lastSeq}, given up by a repair`;
}

/** @throws QtError QT_APP_INPUT_UNREADABLE and those of the journal */
export function repair(directory: string, flags: JournalOptions): ExitCode {
  const { json } = flags;
  const outcome = withProgress('repair', flags, (onProgress) => mendJournal(directory, onProgress));
  print(json === true ? JSON.stringify(outcome) : repairText(outcome));
  return exitCodeOf(outcome.remaining);
}

function withProgress<T>(label: string, { json, quiet }: JournalOptions, work: (onProgress: OnProgress) => T): T {
  const progress = showWork({ label, unit: 'bytes', isWanted: json !== true && quiet !== true });
  try {
    return work(progress.onProgress);
  } finally {
    progress.end();
  }
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
    ...(found.audit.records === 0 ? [] : [row('audit', `${found.audit.records} chained events, head ${found.audit.head}`)]),
    ...notes(found),
    ...(fault === null ? [] : [row('damaged', `${place(fault)}; this is what lies before`)]),
    ...(records === 0 ? [] : ['']),
    ...Object.entries(types).map(([type, count]) => `${String(count).padStart(LABEL - 2)}  ${type}`),
  ].join('\n');
}

function repairText({ fault, keptAside, lastSeq, lost, remaining, unfinishedBytes }: RepairOutcome): string {
  if (fault === null && unfinishedBytes === 0) return `nothing to repair, the journal is sound up to seq ${lastSeq}`;
  return [
    fault === null ? 'the journal was sound but for its end' : `was damaged: ${place(fault)}`,
    ...(unfinishedBytes === 0 ? [] : [`cut off ${unfinishedBytes} bytes of an unfinished batch at the end`]),
    ...lost.map((range) => `gave up seq ${range.firstSeq} to ${range.lastSeq}`),
    ...keptAside.map((path) => `the bytes as they were are in ${path}`),
    remaining === null ? `sound now, up to seq ${lastSeq}` : `still damaged: ${place(remaining)}`,
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
