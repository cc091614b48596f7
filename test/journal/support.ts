/** Frames, and a folder to put journals in. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  ATTEMPT,
  FLAG_ACK,
  FLAGS,
  FrameEncoder,
  type FrameViews,
  ROUTE,
  SEQ,
  TARGETS,
  TIMESTAMP,
  TS_INIT,
  TypeTable,
  type TypeEntry,
} from '../../src/codec/index.ts';
import { defineEvent, type EventDefinition, Type } from '../../src/event/index.ts';
import { openJournalReader, type Journal, type JournalFs } from '../../src/journal/index.ts';

export const Tick = defineEvent('journal_test.tick', { payload: Type.Object({ n: Type.Integer(), text: Type.String() }) });
export const Audit = defineEvent('journal_test.audit', { payload: Type.Object({ n: Type.Integer(), text: Type.String() }) });

/** Makes frames as the engine's dispatcher leaves them, with routing words that the journal must not keep. */
export class Frames {
  readonly table = new TypeTable();
  readonly tick: TypeEntry;
  readonly audit: TypeEntry;
  readonly #encoder: FrameEncoder;

  /** @param isSwapped the two types have each other's numbers */
  constructor(frameBytesMax = 65_536, isSwapped = false) {
    if (isSwapped) this.table.addDefinition(Audit as unknown as EventDefinition);
    this.tick = this.table.addDefinition(Tick as unknown as EventDefinition);
    this.audit = this.table.addDefinition(Audit as unknown as EventDefinition);
    this.#encoder = new FrameEncoder(this.table, { frameBytesMax });
  }

  get views(): FrameViews {
    return this.#encoder.views;
  }

  /** Encodes an event at index 0 of `views` and returns its length. */
  make(seq: number, options: { type?: 'tick' | 'audit'; text?: string; timeUs?: number; acceptedUs?: number } = {}): number {
    const entry = options.type === 'audit' ? this.audit : this.tick;
    const input = { type: entry.type, payload: { n: seq, text: options.text ?? `event ${seq}` } };
    const length = this.#encoder.encode(entry, input as never, `key-${seq % 7}`);
    const { f64, u8, u16, u32 } = this.views;
    f64[SEQ >> 3] = seq;
    f64[TIMESTAMP >> 3] = options.timeUs ?? seq * 1000;
    f64[TS_INIT >> 3] = options.acceptedUs ?? seq * 1000;
    u32[ROUTE >> 2] = seq % 3;
    u32[TARGETS >> 2] = 5;
    u16[ATTEMPT >> 1] = 1;
    u8[FLAGS]! |= FLAG_ACK;
    return length;
  }

  /** Appends the next event. */
  append(journal: Journal, options: Parameters<Frames['make']>[1] = {}): number {
    const seq = journal.lastSeq + 1;
    const length = this.make(seq, options);
    journal.append(this.views, 0, length, seq);
    return seq;
  }

  /** Appends an event of a type that is in no catalogue. */
  appendDynamic(journal: Journal, type: string): number {
    const seq = journal.lastSeq + 1;
    const entry = this.table.byType(type) ?? this.table.addDynamic(type);
    const length = this.#encoder.encode(entry, { type, payload: { n: seq } }, null);
    this.views.f64[SEQ >> 3] = seq;
    journal.append(this.views, 0, length, seq);
    return seq;
  }

  async appendAll(journal: Journal, count: number, options: Parameters<Frames['make']>[1] = {}): Promise<void> {
    for (let i = 0; i < count; i++) this.append(journal, options);
    await journal.whenDurable(journal.lastSeq);
  }
}

/** A folder that the caller removes. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), 'qt-journal-'));
}

/** A folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = makeFolder();
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface ReadEvent {
  readonly seq: number;
  readonly type: string;
  readonly payload: unknown;
  readonly key: string | null;
  readonly bytes: string;
}

/** All events of a journal, decoded with what the files say and nothing else. */
export function readEvents(directory: string, options: { fromSeq?: number; fromTimeUs?: number; fs?: JournalFs } = {}): ReadEvent[] {
  const reader = openJournalReader(directory, options);
  const events: ReadEvent[] = [];
  reader.readAll((views, index, length, seq) => {
    const { decoder } = reader;
    const bytes = views.bytes.toString('hex', index, index + length);
    events.push({ seq, type: decoder.type(views, index), payload: decoder.payload(views, index), key: decoder.key(views, index), bytes });
  });
  reader.close();
  return events;
}

/** Their seqs, for tests about which events are there. */
export function readSeqs(directory: string, options: Parameters<typeof readEvents>[1] = {}): number[] {
  return readEvents(directory, options).map(({ seq }) => seq);
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
