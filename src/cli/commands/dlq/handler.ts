import { invalidOption } from '../../../base/index.ts';
import {
  listDeadLetters,
  purgeDeadLetters,
  readDeadLetter,
  requestRedrive,
  toPayloadJson,
  toTimeUs,
  type LetterQuery,
  type RecordedLetter,
} from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import { writeLines } from '../../output.ts';
import { showWork, type ProgressLine } from '../../progress.ts';
import { toTimeText } from '../../time-text.ts';
import type { FilterFlags, ListFlags, OrderFlags, ShowFlags } from './options.ts';

const LABEL = 12;
const TABLE_WIDTH = 140;

/** @throws QtError of the flags or the journal */
export async function list(flags: ListFlags): Promise<ExitCode> {
  const { json, limit } = flags;
  if (limit !== undefined && !/^[1-9]\d{0,14}$/.test(limit)) throw invalidOption('limit', limit, 'an integer >= 1');
  const query = { ...toQuery(flags), ...(limit === undefined ? {} : { limit: Number(limit) }) };
  const letters = withProgress(flags, (onProgress) => listDeadLetters(flags.journal, { ...query, onProgress }));
  const width = Math.max(80, process.stdout.columns ?? TABLE_WIDTH);
  const lines =
    json === true ? [toPayloadJson(letters)] : [...letters.map((letter) => toRow(letter).slice(0, width)), toCount(letters.length)];
  await writeLines(lines);
  return EXIT_CODES.ok;
}

/** @throws QtError of the journal, QT_DEAD_LETTER_UNKNOWN */
export async function show(id: string, flags: ShowFlags): Promise<ExitCode> {
  const letter = withProgress(flags, (onProgress) => readDeadLetter(flags.journal, id, onProgress));
  await writeLines([flags.json === true ? toPayloadJson(letter) : toText(letter)]);
  return EXIT_CODES.ok;
}

/** @throws QtError of the flags or the journal */
export async function redrive(ids: readonly string[], flags: OrderFlags): Promise<ExitCode> {
  const asked = await requestRedrive(flags.journal, toOrder(ids, flags));
  await report(asked, flags, (count) => `asked for ${count} to be sent again, when a bus with their groups starts on this journal`);
  return EXIT_CODES.ok;
}

/** @throws QtError of the flags or the journal */
export async function purge(ids: readonly string[], flags: OrderFlags): Promise<ExitCode> {
  await report(await purgeDeadLetters(flags.journal, toOrder(ids, flags)), flags, (count) => `purged ${count}`);
  return EXIT_CODES.ok;
}

async function report(ids: readonly string[], { json }: OrderFlags, toLine: (count: string) => string): Promise<void> {
  await writeLines([json === true ? JSON.stringify({ ids }) : toLine(toCount(ids.length))]);
}

function withProgress<T>({ json, quiet }: ShowFlags, work: (onProgress: ProgressLine['onProgress']) => T): T {
  const progress = showWork({ label: 'dlq', unit: 'events', isWanted: json !== true && quiet !== true });
  try {
    return work(progress.onProgress);
  } finally {
    progress.end();
  }
}

function toOrder(ids: readonly string[], flags: OrderFlags): LetterQuery {
  const query = toQuery(flags);
  const isNarrow = ids.length > 0 || Object.keys(query).length > 0;
  if (!isNarrow && flags.all !== true) throw invalidOption('ids', ids, 'some, or a filter such as --group, or --all');
  return ids.length === 0 ? query : { ...query, ids };
}

function toQuery({ group, olderThan, reason, type }: FilterFlags): LetterQuery {
  return {
    ...(group === undefined ? {} : { group }),
    ...(type === undefined ? {} : { type }),
    ...(reason === undefined ? {} : { reason }),
    ...(olderThan === undefined ? {} : { beforeUs: toAge(olderThan) }),
  };
}

function toAge(text: string): number {
  if (/^\d+(\.\d+)?(us|ms|s|m|h|d|w)$/.test(text)) return toTimeUs('older-than', `-${text}`);
  throw invalidOption('older-than', text, 'an age such as 90s, 12h or 7d');
}

function toRow({ attempts, code, deadAtUs, group, id, isRedriveRequested, message, reason, type }: RecordedLetter): string {
  const state = isRedriveRequested ? 'redrive requested; ' : '';
  return `${id.padEnd(40)}  ${toTimeText(deadAtUs)}  ${type.padEnd(24)} ${group.padEnd(16)} ${reason.padEnd(17)} ${attempts} x  ${state}${code}: ${oneLine(message)}`;
}

function toText(letter: RecordedLetter): string {
  const row = (label: string, text: string): string => `${label.padEnd(LABEL)}${text}`;
  const { attempts, code, deadAtUs, event, eventId, eventSeq, failures, group, id, message, reason, type } = letter;
  return [
    row('letter', id),
    row('type', type),
    row('group', group),
    row('died', `${toTimeText(deadAtUs)}, ${reason} after ${attempts} deliveries`),
    row('error', `${code}: ${oneLine(message)}`),
    ...failures.map(({ atUs, attempt, code: failed, message: why }) =>
      row('failure', `${attempt}. ${toTimeText(atUs)}  ${failed}: ${oneLine(why)}`),
    ),
    ...(letter.isRedriveRequested ? [row('redrive', 'requested; it is sent when its group is back')] : []),
    row('event', `${eventId}, seq ${eventSeq}`),
    event === null ? 'The journal does not have it any more.' : toPayloadJson(event, 2),
  ].join('\n');
}

function toCount(count: number): string {
  return count === 1 ? '1 dead letter' : `${count} dead letters`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
