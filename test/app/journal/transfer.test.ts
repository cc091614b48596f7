import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import {
  describeJournal,
  exportJournal,
  importJournal,
  mendJournal,
  prepareRun,
  queryJournal,
  verifyReplay,
} from '../../../src/app/index.ts';
import { createEventBus } from '../../../src/engine/index.ts';
import { openJournal, openJournalReader, verifyJournal } from '../../../src/journal/index.ts';
import { LineWriter, type TransferRecord } from '../../../src/app/journal/transfer/format.ts';
import { Frames } from '../../journal/support.ts';
import { Counted, damage, makeFolder, makeJournal, SECOND_US, segmentsOf, START_US } from './support.ts';

/** Everything of a journal that counts, event by event. */
function contentOf(directory: string) {
  const gaps: unknown[] = [];
  const frames: { seq: number; bytes: string; names: unknown; types: unknown }[] = [];
  const reader = openJournalReader(directory, { onMissing: (...gap) => gaps.push(gap) });
  reader.readAll((views, index, length, seq) => {
    const { names, types } = reader.dictionary;
    frames.push({ seq, bytes: views.bytes.toString('hex', index, index + length), names, types });
  });
  reader.close();
  const seqs = new Set(gaps.flatMap((gap) => range(...(gap as [number, number]))));
  return { journalId: reader.journalId, frames, missing: [...seqs], lost: verifyJournal(directory).lostRecords };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Exports, imports and exports again. */
async function roundTrip(directory: string, options: Parameters<typeof exportJournal>[2] = {}) {
  const file = join(makeFolder(), 'journal.jsonl');
  const again = join(makeFolder(), 'again.jsonl');
  const copy = join(makeFolder(), 'copy');
  const exported = await exportJournal(directory, file, options);
  const imported = await importJournal(file, copy);
  await exportJournal(copy, again);
  expect(imported).toEqual(exported);
  expect(readFileSync(again).equals(readFileSync(file)), 'the second export is the first one').toBe(true);
  expect(verifyJournal(copy).isSound).toBe(true);
  return { copy, file, exported };
}

/** One process's part of a journal: a bus of its own, with types and sources of its own. */
async function addRun(directory: string, runId: string, subscribers: number, payloads: readonly object[]): Promise<void> {
  await using journal = await openJournal(directory, { segmentBytes: 131_072, batchBytes: 1024 });
  const bus = createEventBus({ mode: 'inline', lockstep: true, log: journal, runId, source: `source of ${runId}` });
  for (let i = 0; i < subscribers; i++) {
    bus.subscribe('odd.thing', (_, ctx) => ctx.publish({ type: 'odd.echo', payload: { i } }), { group: `${runId}-${i}` });
  }
  await bus.start();
  for (const payload of payloads) await bus.publish({ type: 'odd.thing', payload, key: 'ä€' });
  for (let n = 0; n < 40; n++) await bus.publish(Counted.create({ n, text: 'y'.repeat(100) }));
  await bus.drain();
  await bus.stop();
}

test('a journal of several processes is the same after export and import, in every frame, type and name', async () => {
  const directory = join(makeFolder(), 'journal');
  const odd = {
    minus: -0,
    big: 2n ** 60n,
    none: null,
    bytes: new Uint8Array([1, 2, 255]),
    nested: { list: [1, [2.5], { a: NaN }] },
    text: '\u2028"\\',
  };
  await addRun(directory, 'one', 2, [odd, {}]);
  await addRun(directory, 'two', 1, [odd]);
  await addRun(directory, 'three', 0, []);

  const { copy, file } = await roundTrip(directory);

  expect(contentOf(copy)).toEqual(contentOf(directory));
  expect(segmentsOf(directory).length).toBeGreaterThan(2);
  const first = [...queryJournal(copy)].find(({ type }) => type === 'odd.thing')!;
  expect(first.payload).toEqual(odd);
  const lines = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, never>);
  expect(lines[0]).toMatchObject({ format: 'quantum-trader-journal', version: 1, journalId: contentOf(directory).journalId });
  expect(lines.find(({ seq }) => seq === 1)).toMatchObject({
    event: { type: 'odd.thing', key: 'ä€', payload: { big: String(2n ** 60n) } },
  });
});

test('what retention removed and a repair gave up stays missing, for the same reason', async () => {
  const directory = await makeJournal(1200);
  damage(segmentsOf(directory)[0]!);
  const { lost } = mendJournal(directory);
  const rules = { rewriteRatio: 0.01, types: { [Counted.type]: { retentionMs: 'forever' as const, maxLength: 1 } } };
  const trimmed = await openJournal(directory, { retention: rules });
  const { recordsRemoved } = await trimmed.retain(Infinity);
  await trimmed.close();

  const { copy } = await roundTrip(directory);

  expect(lost).not.toEqual([]);
  expect(recordsRemoved).toBeGreaterThan(50);
  expect(contentOf(copy)).toEqual(contentOf(directory));
});

test('an audit chain comes to the same head, also behind records of it that a repair gave up', async () => {
  const directory = join(makeFolder(), 'journal');
  const frames = new Frames();
  const journal = await openJournal(directory, { audit: ['journal_test.audit'], batchBytes: 1024, segmentBytes: 65_536 });
  journal.types(frames.table.toRecords());
  for (let i = 0; i < 800; i++) frames.append(journal, { type: i % 3 === 0 ? 'audit' : 'tick', text: 'x'.repeat(100) });
  await journal.close();

  const whole = await roundTrip(directory);
  damage(segmentsOf(directory)[1]!);
  mendJournal(directory);
  const mended = await roundTrip(directory);
  const part = await roundTrip(directory, { fromSeq: 50, toSeq: 80 });

  const before = verifyJournal(whole.copy).audit;
  const after = verifyJournal(mended.copy).audit;
  expect(before).toMatchObject({ records: 267, fault: null, breaks: [] });
  expect(after).toEqual(verifyJournal(directory).audit);
  expect(after).toMatchObject({ head: before.head, records: 267, fault: null, breaks: [{ records: expect.any(Number) }] });
  expect(contentOf(mended.copy)).toEqual(contentOf(directory));
  expect(verifyJournal(part.copy).audit.records).toBe(0);
});

test('a chained event that was changed with all checksums right is not imported', async () => {
  const directory = join(makeFolder(), 'journal');
  const frames = new Frames();
  const journal = await openJournal(directory, { audit: ['journal_test.audit'] });
  journal.types(frames.table.toRecords());
  for (let i = 0; i < 5; i++) frames.append(journal, { type: 'audit', text: 'abc' });
  await journal.close();
  const lines: string[] = [];
  await exportJournal(directory, (text) => Promise.resolve(lines.push(...text.trimEnd().split('\n')) > 0));
  const writer = new LineWriter();
  const forged = lines.map((line) => {
    const record = JSON.parse(line) as Exclude<TransferRecord, { seq: number }> & { seq?: number; frame: string; crc?: string };
    delete record.crc;
    if ('end' in record) return writer.line({ end: { ...record.end, sha256: writer.contentHash() } });
    if (record.seq === undefined) return writer.line(record);
    const frame = Buffer.from(record.frame, 'base64');
    if (record.seq === 3) frame[frame.indexOf('abc')] = 0x7a;
    return writer.event(record.seq, frame, null);
  });
  const folder = makeFolder();

  const refusal = importJournal(Readable.from([Buffer.from(forged.join(''))]), join(folder, 'copy'));

  await expect(refusal).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED', message: expect.stringContaining('seq 3') });
  expect(readdirSync(folder)).toEqual([]);
});

test('an empty journal that only explains types is the same too', async () => {
  const directory = join(makeFolder(), 'journal');
  const journal = await openJournal(directory);
  journal.names({ run: 'none' });
  await journal.close();

  const { copy, exported } = await roundTrip(directory);

  const reader = openJournalReader(copy);
  reader.readAll(() => {});
  expect(exported).toMatchObject({ events: 0, lastSeq: 0 });
  expect(reader.dictionary.names).toEqual({ run: 'none' });
  reader.close();
});

test('frames longer than a ring usually takes are imported, and those behind them', async () => {
  const directory = join(makeFolder(), 'journal');
  const frames = new Frames(3_000_000);
  const journal = await openJournal(directory, { ringBytes: 32 * 1024 * 1024 });
  journal.types(frames.table.toRecords());
  for (const length of [10, 2_000_000, 10]) frames.append(journal, { text: 'x'.repeat(length) });
  await journal.close();

  const { copy } = await roundTrip(directory);

  expect(contentOf(copy)).toEqual(contentOf(directory));
});

test('a part keeps its seqs and leaves the rest out as removed', async () => {
  const directory = await makeJournal(60);
  const at = (n: number): number => START_US + n * SECOND_US;

  const bySeq = await roundTrip(directory, { fromSeq: 21, toSeq: 30 });
  const byTime = await roundTrip(directory, { sinceUs: at(10), untilUs: at(20) });
  const none = await roundTrip(directory, { fromSeq: 1000 });

  const seqs = (copy: string) => contentOf(copy).frames.map(({ seq }) => seq);
  expect(bySeq.exported).toMatchObject({ events: 10, lastSeq: 30 });
  expect(seqs(bySeq.copy)).toEqual(range(21, 30));
  expect(contentOf(bySeq.copy)).toMatchObject({ missing: range(1, 20), lost: 0 });
  expect([...queryJournal(byTime.copy)]).toEqual([...queryJournal(directory, { sinceUs: at(10), untilUs: at(20) })]);
  expect(none.exported).toMatchObject({ events: 0, lastSeq: 0 });
});

test('the settings of a run come along, so that its copy can be replayed', async () => {
  const directory = join(makeFolder(), 'journal');
  const settings = { mode: 'backtest', 'feed.kind': 'synthetic', 'feed.bars': 120, 'advisory.candlesMin': 20 };
  const flags = Object.entries(settings).map(([path, value]) => ({ flag: path, path, value }));
  await (await prepareRun({ flags, journal: { directory } })).execute();

  const { copy } = await roundTrip(directory);

  expect(readFileSync(join(copy, 'run.json'))).toEqual(readFileSync(join(directory, 'run.json')));
  expect(await verifyReplay({ directory: copy })).toMatchObject({ isEqual: true });
});

test('a journal that is being written is exported as far as it is written', async () => {
  const directory = join(makeFolder(), 'journal');
  await using journal = await openJournal(directory);
  await using bus = createEventBus({ mode: 'inline', log: journal });
  await bus.start();
  await bus.publish(Counted.create({ n: 1, text: '' }));

  const { exported } = await roundTrip(directory);
  await bus.publish(Counted.create({ n: 2, text: '' }));

  expect(exported.lastSeq).toBe(1);
  expect((await roundTrip(directory)).exported.lastSeq).toBe(2);
});

test('a file that was changed, cut, sorted or mixed up is refused at its line, and leaves nothing', { timeout: 60_000 }, async () => {
  const directory = await makeJournal(20);
  const file = join(makeFolder(), 'journal.jsonl');
  await exportJournal(directory, file);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const folder = makeFolder();
  const refusalOf = async (text: string) => {
    const refusal = await importJournal(Readable.from([Buffer.from(text)]), join(folder, 'copy')).catch((error: unknown) => error);
    expect(readdirSync(folder)).toEqual([]);
    return refusal as { code: string; message: string; details: { line: number; offset: number } };
  };
  const toText = (some: readonly string[]): string => some.map((line) => `${line}\n`).join('');
  const swapped = [...lines];
  [swapped[4], swapped[5]] = [swapped[5]!, swapped[4]!];
  const cases: [string, string, number][] = [
    ['a digit', toText(lines.map((line, i) => (i === 7 ? line.replace('"n":', '"m":') : line))), 8],
    ['swapped', toText(swapped), 5],
    ['doubled', toText([...lines.slice(0, 6), ...lines.slice(5)]), 7],
    ['taken out', toText(lines.toSpliced(9, 1)), 10],
    ['no end', toText(lines.slice(0, -1)), lines.length - 1],
    ['cut in a line', toText(lines).slice(0, -30), lines.length],
    ['more behind', toText([...lines, lines.at(-1)!]), lines.length + 1],
    ['something else', 'hello\n', 1],
    ['nothing', '', 1],
  ];

  for (const [name, text, line] of cases) {
    const refusal = await refusalOf(text);
    expect(refusal, name).toMatchObject({ code: 'QT_APP_TRANSFER_DAMAGED', details: { line } });
    expect(refusal.message, name).toMatch(/^Cannot import the standard input: line \d+ at byte \d+: /);
  }
});

test('what is in the way is refused before anything is made', async () => {
  const directory = await makeJournal(5);
  const folder = makeFolder();
  const file = join(folder, 'journal.jsonl');
  await exportJournal(directory, file);
  const cut = join(makeFolder(), 'damaged');
  mkdirSync(cut);
  const refusalOf = (action: Promise<unknown>) => action.catch(({ code }: { code: string }) => code);

  expect(await refusalOf(exportJournal(directory, file))).toBe('QT_APP_OUTPUT_REFUSED');
  expect(await refusalOf(exportJournal(directory, join(folder, 'none', 'file')))).toBe('QT_APP_OUTPUT_REFUSED');
  expect(await refusalOf(exportJournal(cut, join(folder, 'other')))).toBe('QT_APP_INPUT_UNREADABLE');
  expect(await refusalOf(importJournal(file, directory))).toBe('QT_APP_JOURNAL_NOT_EMPTY');
  expect(await refusalOf(importJournal(file, file))).toBe('QT_APP_OUTPUT_REFUSED');
  expect(await refusalOf(importJournal(file, join(folder, 'none', 'copy')))).toBe('QT_APP_OUTPUT_REFUSED');
  expect(await refusalOf(importJournal(join(folder, 'none'), join(folder, 'copy')))).toBe('QT_APP_INPUT_UNREADABLE');
  expect(readdirSync(folder)).toEqual([basename(file)]);
  expect(await exportJournal(directory, file, { isForced: true })).toMatchObject({ events: 6 });
});

test('an interrupt leaves nothing of an export or an import', async () => {
  const directory = await makeJournal(60);
  const folder = makeFolder();
  const file = join(makeFolder(), 'journal.jsonl');
  await exportJournal(directory, file);
  const signal = AbortSignal.abort(new Error('stopped'));

  await expect(exportJournal(directory, join(folder, 'file'), { signal })).rejects.toThrow('stopped');
  await expect(importJournal(file, join(folder, 'copy'), { signal })).rejects.toThrow('stopped');

  expect(readdirSync(folder)).toEqual([]);
});

test('a damaged journal is not exported, and its export is not half there', async () => {
  const directory = await makeJournal(900);
  const file = join(makeFolder(), 'journal.jsonl');
  damage(segmentsOf(directory)[0]!);

  await expect(exportJournal(directory, file)).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });

  expect(readdirSync(dirname(file))).toEqual([]);
  const { lastSeq } = describeJournal(directory);
  await expect(exportJournal(directory, file, { toSeq: lastSeq })).resolves.toMatchObject({ lastSeq });
});

test('damage in the header of a batch of the last segment is damage, not the end', async () => {
  const directory = await makeJournal(300);
  const segment = segmentsOf(directory).at(-1)!;
  const bytes = readFileSync(segment);
  const at = bytes.indexOf('QTJB', Math.floor(bytes.length / 2));
  bytes[at] = 0;
  writeFileSync(segment, bytes);

  await expect(exportJournal(directory, join(makeFolder(), 'file'))).rejects.toMatchObject({ code: 'QT_JOURNAL_DAMAGED' });
  truncateSync(segment, at);
  expect((await roundTrip(directory)).exported.lastSeq).toBeGreaterThan(0);
});
