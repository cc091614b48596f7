/** The audit chain: what it survives, and what it finds. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ROUTE, TYPE_ID } from '../../src/codec/index.ts';
import {
  openJournal,
  openJournalReader,
  repairJournal,
  verifyJournal,
  type Journal,
  type JournalOptions,
} from '../../src/journal/index.ts';
import { AUDIT_GENESIS } from '../../src/observe/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, range, readEvents, readSeqs } from './support.ts';

const FOLDER = '/journal';
const FIRST = join(FOLDER, '0000000000000001.qtj');
const AUDIT = ['journal_test.audit'];

interface Run {
  readonly journal: Journal;
  readonly frames: Frames;
}

async function open(disk: SimulatedDisk, options: JournalOptions = {}): Promise<Run> {
  const frames = new Frames();
  const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, batchBytes: 1024, audit: AUDIT, ...options });
  journal.types(frames.table.toRecords());
  return { journal, frames };
}

/** Appends events, each second one audited, in batches of four. */
async function append({ journal, frames }: Run, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const seq = frames.append(journal, { type: journal.lastSeq % 2 === 0 ? 'tick' : 'audit' });
    if (seq % 4 === 0) await journal.whenDurable(seq);
  }
  await journal.whenDurable(journal.lastSeq);
}

/** A closed journal of so many events in each of some runs. */
async function written(runs: readonly number[], options: JournalOptions = {}): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  for (const count of runs) {
    const run = await open(disk, options);
    await append(run, count);
    await run.journal.close();
  }
  return disk;
}

function segments(disk: SimulatedDisk): string[] {
  return disk.paths().filter((path) => path.endsWith('.qtj'));
}

function batchesOf(bytes: Buffer): { at: number; end: number; firstSeq: number }[] {
  const found = [];
  for (let at = 128; at < bytes.length; at += bytes.readUInt32LE(at + 8)) {
    found.push({ at, end: at + bytes.readUInt32LE(at + 8), firstSeq: bytes.readDoubleLE(at + 32) });
  }
  return found;
}

/** Changes a file as somebody who knows the format: all checksums of it are right afterwards. */
function forge(disk: SimulatedDisk, path: string, change: (bytes: Buffer) => void): void {
  const bytes = Buffer.from(disk.content(path));
  change(bytes);
  for (const { at, end } of batchesOf(bytes)) bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, end)), at + 4);
  disk.setContent(path, bytes);
  const index = path.replace('.qtj', '.idx');
  if (disk.exists(index)) disk.remove(index);
}

function verify(disk: SimulatedDisk, expectedHead?: string) {
  return verifyJournal(FOLDER, disk, expectedHead === undefined ? {} : { expectedHead });
}

/** What `format.ts` and `audit-chain.ts` say, computed by other means. */
function chainByHand(disk: SimulatedDisk): { head: string; records: number } {
  const reader = openJournalReader(FOLDER, { fs: disk });
  let head = createHash('sha256').update('quantum-trader/audit/v1').digest();
  let records = 0;
  reader.readAll((views, index, length) => {
    const record = reader.dictionary.types.find(({ id }) => id === views.u16[(index + TYPE_ID) >> 1]);
    if (record === undefined || record.type !== AUDIT[0]) return;
    const frame = Buffer.from(views.bytes.subarray(index, index + length));
    frame.writeUInt16LE(0, TYPE_ID);
    frame.writeUInt32LE(0, ROUTE);
    const definition = JSON.stringify([record.type, record.version, record.fields, record.schema]);
    head = createHash('sha256').update(head).update(createHash('sha256').update(definition).digest()).update(frame).digest();
    records++;
  });
  reader.close();
  return { head: head.toString('hex'), records };
}

describe('the audit chain', () => {
  it('holds every event of the audited types, over restarts and segments, by the hashes that are documented', async () => {
    const disk = await written([30, 1, 49], { segmentBytes: 4096 });

    const { audit, isSound } = verify(disk);

    expect(segments(disk).length).toBeGreaterThan(2);
    expect(isSound).toBe(true);
    expect(audit).toEqual({ ...chainByHand(disk), fault: null, breaks: [], unchained: null, expectedAt: null });
    expect(audit.records).toBe(40);
  });

  it('starts where audit files start, and stays there without audited events', async () => {
    const disk = await written([5], { audit: [] });

    expect(verify(disk).audit).toMatchObject({ records: 0, head: AUDIT_GENESIS, unchained: null });
  });

  it('names its head, so that it can be noted', async () => {
    const disk = new SimulatedDisk();
    const run = await open(disk);
    const before = await run.journal.auditChain();
    await append(run, 10);
    const after = await run.journal.auditChain();
    await run.journal.close();

    expect(before).toEqual({ records: 0, head: AUDIT_GENESIS });
    expect(after).toEqual(chainByHand(disk));
    await expect(run.journal.auditChain()).rejects.toMatchObject({ code: 'QT_JOURNAL_CLOSED' });
  });

  it('takes in dynamic types by their names', async () => {
    const disk = new SimulatedDisk();
    const { journal, frames } = await open(disk, { audit: ['audit.**'] });
    for (const type of ['audit.made.up', 'audit.other', 'market.made_up']) frames.appendDynamic(journal, type);
    await journal.close();

    expect(verify(disk)).toMatchObject({ isSound: true, audit: { records: 2, unchained: null } });
  });

  it('finds any byte of a chained event that was changed, with all checksums right, and names the event', async () => {
    const disk = await written([24]);
    const whole = disk.content(FIRST);
    const at = whole.indexOf('event 10') - 40;
    const start = whole.lastIndexOf(Buffer.from(new Float64Array([10]).buffer), at) - 16;
    const length = whole.readInt32LE(start);
    expect(whole.readDoubleLE(start + 16), 'the frame of seq 10').toBe(10);

    // Its length and its number of the type are told by the frames' own checks.
    for (let offset = 6; offset < length; offset++) {
      disk.setContent(FIRST, whole);
      forge(disk, FIRST, (bytes) => void (bytes[start + offset]! ^= 1));
      const { fault, audit, isSound } = verify(disk);
      expect({ offset, isSound }).toEqual({ offset, isSound: false });
      // The seq has a check of its own, which comes first.
      if (offset >= 16 && offset < 24) continue;
      expect({ offset, seq: audit.fault?.seq, reason: fault!.reason }).toEqual({
        offset,
        seq: 10,
        reason: expect.stringMatching(/^the audit chain breaks at seq 10 \(journal_test\.audit\): expected [0-9a-f]+.*, found [0-9a-f]+/),
      });
    }
  });

  it('finds that the mark was taken from a chained event, or put on another one', async () => {
    for (const seq of [10, 11]) {
      const disk = await written([24]);
      forge(disk, FIRST, (bytes) => {
        const text = bytes.indexOf(`event ${seq}`);
        const start = bytes.lastIndexOf(Buffer.from(new Float64Array([seq]).buffer), text) - 16;
        bytes.writeUInt32LE(seq === 10 ? 0 : 7, start + ROUTE);
      });
      expect(verify(disk).audit.fault, `seq ${seq}`).not.toBeNull();
    }
  });

  it('finds that fields of a type were given other names', async () => {
    const disk = await written([24]);
    forge(disk, FIRST, (bytes) => {
      const at = bytes.indexOf('"fields":["n","text"]', bytes.indexOf('journal_test.audit'));
      bytes.write('"fields":["text","n"]', at);
    });

    expect(verify(disk).audit.fault).toMatchObject({ seq: 2, type: 'journal_test.audit' });
  });

  it('finds that the head beside a batch was computed anew', async () => {
    const disk = await written([24]);
    forge(disk, FIRST, (bytes) => {
      const batch = batchesOf(bytes).find(({ firstSeq }) => firstSeq === 9)!;
      bytes.write('00'.repeat(32), batch.at + 112, 'hex');
    });

    expect(verify(disk).audit.fault).toMatchObject({ seq: 12, found: '00'.repeat(32) });
  });

  it('finds that a whole batch was taken out as if retention had', async () => {
    const disk = await written([24]);
    const bytes = disk.content(FIRST);
    const batch = batchesOf(bytes).find(({ firstSeq }) => firstSeq === 9)!;
    const empty = Buffer.from(bytes.subarray(batch.at, batch.at + 144));
    empty.writeUInt32LE(144, 8);
    empty[13] = 2;
    empty.writeUInt32LE(0, 16);
    empty.writeUInt32LE(0, 20);
    empty.copyWithin(112, 80, 112);
    empty.writeDoubleLE(empty.readDoubleLE(72) - 2, 72);
    disk.setContent(FIRST, Buffer.concat([bytes.subarray(0, batch.at), empty, bytes.subarray(batch.end)]));
    forge(disk, FIRST, () => {});

    const { audit, fault } = verify(disk);

    expect(audit.fault).toMatchObject({ seq: 14, type: 'journal_test.audit', found: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(fault!.file).toBe('0000000000000001.qtj');
  });

  it('goes on from the last whole batch after a crash', async () => {
    const disk = new SimulatedDisk();
    const run = await open(disk);
    await append(run, 20);
    const image = disk.kill();
    const bytes = image.content(FIRST);
    image.setContent(FIRST, bytes.subarray(0, bytes.length - 9));

    expect(verify(image)).toMatchObject({ isSound: true, lastSeq: 16, audit: { records: 8 } });
    const again = await open(image);
    await append(again, 8);
    await again.journal.close();

    expect(verify(image)).toMatchObject({ isSound: true, lastSeq: 24, audit: { ...chainByHand(image), records: 12 } });
  });

  it('says what was written while the audit was off', async () => {
    const disk = await written([10]);
    const off = await open(disk, { audit: [] });
    await append(off, 10);
    await off.journal.close();
    const on = await open(disk);
    await append(on, 10);
    await on.journal.close();

    expect(verify(disk)).toMatchObject({
      isSound: true,
      audit: { records: 10, unchained: { records: 5, firstSeq: 12, lastSeq: 20, types: AUDIT } },
    });
  });

  it('refuses a pattern that is none', async () => {
    await expect(openJournal(FOLDER, { fs: new SimulatedDisk(), audit: ['audit.**.x'] })).rejects.toMatchObject({
      code: 'QT_EVENT_TOPIC_INVALID',
    });
  });
});

describe('a noted head', () => {
  it('is found in the chain, also when the journal has grown since', async () => {
    const disk = await written([10]);
    const { head } = verify(disk).audit;
    const run = await open(disk);
    await append(run, 10);
    await run.journal.close();

    expect(verify(disk, head).audit).toMatchObject({ records: 10, expectedAt: { seq: 10, records: 5 } });
    expect(verify(disk, AUDIT_GENESIS).audit.expectedAt).toEqual({ seq: 0, records: 0 });
    expect(() => verify(disk, 'abc')).toThrow(/expectedHead/);
  });

  it('shows that the newest records were taken away, which nothing else can', async () => {
    const disk = await written([24]);
    const { head } = verify(disk).audit;
    const bytes = disk.content(FIRST);
    disk.setContent(FIRST, bytes.subarray(0, batchesOf(bytes).find(({ firstSeq }) => firstSeq === 21)!.at));

    expect(verify(disk)).toMatchObject({ isSound: true, audit: { records: 10, fault: null } });
    expect(verify(disk, head).audit.expectedAt).toBeNull();
  });
});

describe('retention and repair', () => {
  it('keep the chain and every record of it, whatever the rules say', async () => {
    const disk = await written([60, 60], { segmentBytes: 4096 });
    const before = verify(disk).audit;
    const chained = readEvents(FOLDER, { fs: disk }).filter(({ type }) => type === AUDIT[0]);
    // Without the audit, and with rules that let everything go.
    const run = await open(disk, {
      segmentBytes: 4096,
      audit: [],
      retention: { otherTypes: { retentionMs: 'forever', maxLength: 1 }, rewriteRatio: 0.01 },
    });

    const report = await run.journal.retain(Infinity);
    await append(run, 1);
    await run.journal.close();

    expect(report).toMatchObject({ failures: [], removedNeeded: 0 });
    expect(report.recordsRemoved).toBeGreaterThan(30);
    expect(report.segmentsRewritten).toBeGreaterThan(2);
    expect(readEvents(FOLDER, { fs: disk }).filter(({ type }) => type === AUDIT[0])).toEqual(chained);
    expect(verify(disk, before.head)).toMatchObject({ isSound: true, audit: { ...before, expectedAt: { seq: 120, records: 60 } } });
  });

  it('do not heal a chain that was broken before', async () => {
    const disk = await written([60], { segmentBytes: 4096 });
    forge(disk, FIRST, (bytes) => void (bytes[bytes.indexOf('event 2')]! ^= 1));
    const { seq } = verify(disk).audit.fault!;
    const run = await open(disk, {
      segmentBytes: 4096,
      retention: { otherTypes: { retentionMs: 'forever', maxLength: 1 }, rewriteRatio: 0.01 },
    });

    const { recordsRemoved } = await run.journal.retain(Infinity);
    await run.journal.close();

    expect(recordsRemoved).toBeGreaterThan(0);
    expect(verify(disk).audit.fault).toMatchObject({ seq });
  });

  it('show a break where records of the chain were given up, and the chain goes on behind it', async () => {
    const disk = await written([24, 24], { segmentBytes: 4096 });
    const { head, records } = verify(disk).audit;
    const bytes = Buffer.from(disk.content(FIRST));
    bytes[bytes.indexOf('event 10')]! ^= 1;
    disk.setContent(FIRST, bytes);
    expect(verify(disk).isSound).toBe(false);

    const { lost } = repairJournal(FOLDER, disk);
    const run = await open(disk, { segmentBytes: 4096 });
    await append(run, 4);
    await run.journal.close();

    const { audit, isSound } = verify(disk, head);
    expect(lost).toEqual([{ firstSeq: 9, lastSeq: 12 }]);
    expect(isSound).toBe(true);
    expect(audit).toMatchObject({
      records: records + 2,
      breaks: [{ firstSeq: 9, lastSeq: 12, records: 2 }],
      expectedAt: { seq: 48, records },
    });
    expect(readSeqs(FOLDER, { fs: disk })).toEqual(range(1, 52).filter((seq) => seq < 9 || seq > 12));
  });

  it('keep a break when retention rewrites around it, and a change behind it is found', async () => {
    const disk = await written([24, 36], { segmentBytes: 4096 });
    const bytes = Buffer.from(disk.content(FIRST));
    bytes[bytes.indexOf('event 10')]! ^= 1;
    disk.setContent(FIRST, bytes);
    repairJournal(FOLDER, disk);
    const run = await open(disk, {
      segmentBytes: 4096,
      retention: { otherTypes: { retentionMs: 'forever', maxLength: 1 }, rewriteRatio: 0.01 },
    });
    const { recordsRemoved } = await run.journal.retain(Infinity);
    await run.journal.close();

    expect(recordsRemoved).toBeGreaterThan(0);
    expect(verify(disk)).toMatchObject({ isSound: true, audit: { breaks: [{ records: 2 }], fault: null } });
    forge(disk, FIRST, (changed) => void (changed[changed.indexOf('event 14')]! ^= 1));
    expect(verify(disk).audit).toMatchObject({ breaks: [{ records: 2 }], fault: { seq: 14 } });
  });

  it('let a gap excuse no more than was lost in it', async () => {
    const disk = await written([24]);
    const bytes = Buffer.from(disk.content(FIRST));
    bytes[bytes.indexOf('event 10')]! ^= 1;
    disk.setContent(FIRST, bytes);
    repairJournal(FOLDER, disk);
    forge(disk, FIRST, (changed) => {
      for (const { at, firstSeq } of batchesOf(changed)) {
        if (firstSeq >= 13) changed.writeDoubleLE(changed.readDoubleLE(at + 72) + 40, at + 72);
      }
    });

    expect(verify(disk).audit).toMatchObject({ breaks: [], fault: { seq: 14 } });
  });
});
