/**
 * One bit flips in each kind of field of each kind of file. Then either somebody says so and names the place, or the file
 * is of the kind that can be built again, or nothing changes: never are there other events.
 */
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CursorStore, openJournal, verifyJournal } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, readEvents } from './support.ts';

const FOLDER = '/journal';
const EVENTS = 60;

/** Some closed segments, one of them rewritten by retention, and a last one that was closed in peace. */
async function written(): Promise<SimulatedDisk> {
  const disk = new SimulatedDisk();
  const frames = new Frames();
  const journal = await openJournal(FOLDER, {
    fs: disk,
    segmentBytes: 4096,
    batchBytes: 1024,
    ringBytes: 65_536,
    retention: { types: { 'journal_test.tick': { retentionMs: 'forever', maxLength: 30 } }, rewriteRatio: 0.1 },
  });
  journal.types(frames.table.toRecords());
  journal.names({ run: 'flips' });
  for (let i = 1; i <= EVENTS; i++) {
    frames.append(journal, { type: i % 5 === 0 ? 'audit' : 'tick', text: 'z'.repeat(i * 3) });
    if (i % 4 === 0) await journal.whenDurable(journal.lastSeq);
  }
  await journal.retain(Infinity);
  await journal.close();
  const cursors = new CursorStore(FOLDER, { fs: disk, lastSeq: EVENTS, flushMs: 0 });
  for (const seq of [20, 40]) {
    cursors.set('one', seq);
    cursors.set('two', seq + 7);
    cursors.flush();
  }
  cursors.close();
  return disk.kill();
}

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

const SEGMENT_HEADER: readonly Field[] = [
  { name: 'magic', offset: 0, bytes: 4 },
  { name: 'version', offset: 4, bytes: 2 },
  { name: 'flags', offset: 6, bytes: 2 },
  { name: 'header length', offset: 8, bytes: 4 },
  { name: 'checksum', offset: 12, bytes: 4 },
  { name: 'journal id', offset: 16, bytes: 16 },
  { name: 'first seq', offset: 32, bytes: 8 },
  { name: 'created', offset: 40, bytes: 8 },
  { name: 'removed records', offset: 48, bytes: 8 },
  { name: 'removed bytes', offset: 56, bytes: 8 },
  { name: 'rest', offset: 64, bytes: 64 },
];
const BATCH_HEADER: readonly Field[] = [
  { name: 'magic', offset: 0, bytes: 4 },
  { name: 'checksum', offset: 4, bytes: 4 },
  { name: 'length', offset: 8, bytes: 4 },
  { name: 'kind', offset: 12, bytes: 1 },
  { name: 'flags', offset: 13, bytes: 1 },
  { name: 'zero', offset: 14, bytes: 2 },
  { name: 'count', offset: 16, bytes: 4 },
  { name: 'payload length', offset: 20, bytes: 4 },
  { name: 'journal', offset: 24, bytes: 4 },
  { name: 'zero too', offset: 28, bytes: 4 },
  { name: 'first seq', offset: 32, bytes: 8 },
  { name: 'last seq', offset: 40, bytes: 8 },
  { name: 'earliest time', offset: 48, bytes: 8 },
  { name: 'latest time', offset: 56, bytes: 8 },
  { name: 'synced seq', offset: 64, bytes: 8 },
];
/** Of a frame, and of the text of a dictionary. */
const PAYLOAD: readonly Field[] = [
  { name: 'length', offset: 0, bytes: 4 },
  { name: 'type number', offset: 4, bytes: 2 },
  { name: 'lane and flags', offset: 6, bytes: 2 },
  { name: 'route and targets', offset: 8, bytes: 8 },
  { name: 'seq', offset: 16, bytes: 8 },
  { name: 'cause', offset: 24, bytes: 8 },
  { name: 'times', offset: 32, bytes: 16 },
  { name: 'correlation', offset: 48, bytes: 8 },
  { name: 'key hash', offset: 56, bytes: 4 },
  { name: 'attempt to version', offset: 60, bytes: 12 },
  { name: 'key', offset: 72, bytes: 5 },
  { name: 'payload', offset: 80, bytes: 8 },
];

/** Every place where a batch begins, and where its payload does. */
function batchesOf(bytes: Buffer): { at: number; kind: number; payload: number }[] {
  const found: { at: number; kind: number; payload: number }[] = [];
  for (let at = 128; at < bytes.length; at += bytes.readUInt32LE(at + 8)) {
    const payloadBytes = bytes.readUInt32LE(at + 20);
    const length = bytes.readUInt32LE(at + 8);
    // The payload ends the batch, up to the zeros that fill the last word.
    found.push({ at, kind: bytes[at + 12]!, payload: at + length - (payloadBytes + ((8 - (payloadBytes % 8)) % 8)) });
  }
  return found;
}

/** Which bits of which fields are flipped in a file. */
function* flipsOf(path: string, whole: Buffer): Generator<{ what: string; at: number; bit: number }> {
  const each = function* (what: string, start: number, fields: readonly Field[]): Generator<{ what: string; at: number; bit: number }> {
    for (const { name, offset, bytes } of fields) {
      for (let i = 0; i < bytes; i++) {
        const at = start + offset + i;
        // All bits of short fields, one of each byte of long ones.
        for (let bit = bytes <= 4 ? 0 : at % 8; bit < (bytes <= 4 ? 8 : (at % 8) + 1); bit++)
          if (at < whole.length) yield { what: `${what}, ${name}`, at, bit };
      }
    }
  };
  if (!path.endsWith('.qtj')) {
    for (let at = 0; at < whole.length; at++) yield { what: basename(path), at, bit: at % 8 };
    return;
  }
  yield* each('segment header', 0, SEGMENT_HEADER);
  const batches = batchesOf(whole);
  for (const kind of new Set(batches.map((batch) => batch.kind))) {
    const { at, payload } = batches.find((batch) => batch.kind === kind)!;
    const name = `${['', 'frames', 'dictionary', 'seal'][kind]} batch`;
    yield* each(`${name} header`, at, BATCH_HEADER);
    if (kind !== 3) yield* each(`${name} payload`, payload, PAYLOAD);
  }
}

describe('a bit that flips', () => {
  it('in a segment is found by verify, at its place, and by a reader; never are there other events', async () => {
    const disk = await written();
    const segments = disk.paths().filter((path) => path.endsWith('.qtj'));
    const events = readEvents(FOLDER, { fs: disk });
    const texts = events.map(({ bytes }) => bytes);
    let flips = 0;
    const classes = new Set<string>();
    expect(
      segments.some((path) => (disk.content(path).readUInt16LE(6) & 1) === 1),
      'one was rewritten',
    ).toBe(true);

    for (const path of [segments[0]!, segments.at(-2)!, segments.at(-1)!]) {
      const whole = Buffer.from(disk.content(path));
      for (const { what, at, bit } of flipsOf(path, whole)) {
        const flipped = Buffer.from(whole);
        flipped[at]! ^= 1 << bit;
        disk.setContent(path, flipped);
        const place = `${what}, bit ${bit} of byte ${at} of ${basename(path)}`;
        flips++;
        classes.add(what);

        const report = verifyJournal(FOLDER, disk);
        const read = attempt(() => readEvents(FOLDER, { fs: disk }).map(({ bytes }) => bytes));
        if (what.startsWith('seal')) {
          // Nothing but the word that the end was a peaceful one: without it, it is an end as a crash leaves it.
          expect(report, place).toMatchObject({ fault: null, lastSeq: EVENTS });
          expect(read, place).toEqual(texts);
        } else {
          expect(report.fault?.file, place).toBe(basename(path));
          expect(report.fault!.offset, place).toBeLessThanOrEqual(at);
          expect(read, place).toMatch(/^QT_JOURNAL_(DAMAGED|VERSION_UNSUPPORTED)$/);
        }
      }
      disk.setContent(path, whole);
    }
    expect(classes.size).toBeGreaterThan(60);
    expect(flips).toBeGreaterThan(2000);
  }, 60_000);

  it('in an index changes nothing: it is built again, or says the same', async () => {
    const disk = await written();
    const path = disk.paths().find((one) => one.endsWith('.idx'))!;
    const whole = Buffer.from(disk.content(path));
    const expected = readEvents(FOLDER, { fs: disk, fromSeq: 12 });

    for (const { at, bit } of flipsOf(path, whole)) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << bit;
      disk.setContent(path, flipped);
      expect(readEvents(FOLDER, { fs: disk, fromSeq: 12 }), `byte ${at}`).toEqual(expected);
      const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
      expect(journal.lastSeq).toBe(EVENTS);
      await journal.close();
      const after = disk.content(path).toString().toLowerCase().replaceAll(' ', '0');
      expect(after.slice(9, -1), `byte ${at}`).toBe(whole.toString().slice(9, -1).toLowerCase().replaceAll(' ', '0'));
    }
  }, 60_000);

  it('in the cursors takes a group back, never forward, and makes up no group', async () => {
    const disk = await written();
    const path = join(FOLDER, 'cursors');
    const whole = Buffer.from(disk.content(path));

    for (let at = 0; at < whole.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(whole);
        flipped[at]! ^= 1 << bit;
        const damaged = new SimulatedDisk();
        damaged.setContent(path, flipped);
        const cursors = new CursorStore(FOLDER, { fs: damaged, lastSeq: EVENTS, flushMs: 0 });
        expect([0, 20, 40], `byte ${at}, bit ${bit}`).toContain(cursors.get('one'));
        expect([0, 27, 47], `byte ${at}, bit ${bit}`).toContain(cursors.get('two'));
        expect([...cursors.entries().keys()].every((group) => group === 'one' || group === 'two')).toBe(true);
        cursors.close();
      }
    }
  }, 60_000);

  it('in what the lock says of its owner hurts nobody', async () => {
    const disk = await written();
    const path = join(FOLDER, 'owner.json');
    const whole = Buffer.from(disk.content(path));
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= 1 << (at % 8);
      disk.setContent(path, flipped);
      const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536 });
      expect(journal.lastSeq).toBe(EVENTS);
      await journal.close();
    }
  });
});

function attempt(read: () => string[]): string[] | string {
  try {
    return read();
  } catch (error) {
    return (error as { code: string }).code;
  }
}
