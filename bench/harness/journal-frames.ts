import { FrameEncoder, FrameViews, LENGTH, SEQ, TIMESTAMP, TS_INIT, TypeTable } from '../../src/codec/index.ts';
import { definitionOf } from '../../src/event/index.ts';
import type { Journal } from '../../src/journal/index.ts';
import type { Inputs } from '../trade.ts';

/** Appends after which the writer gets its turn. */
const TURN_EVERY = 4096;

/** Appends that many events, the inputs in a circle, without a bus: encoded once, and numbered. */
export async function appendTrades(journal: Journal, { drafts, mask }: Inputs, events: number): Promise<void> {
  const definition = definitionOf(drafts[0]!.type)!;
  const table = new TypeTable();
  const entry = table.addDefinition(definition);
  const encoder = new FrameEncoder(table, { frameBytesMax: 65_536 });
  journal.types(table.toRecords());
  const frames = drafts.map((draft) => {
    const length = encoder.encode(entry, draft, definition.keyOf?.(draft.payload) ?? null);
    const frame = new FrameViews(new ArrayBuffer((length + 7) & ~7));
    encoder.views.bytes.copy(frame.bytes, 0, 0, length);
    return frame;
  });
  const first = journal.lastSeq + 1;
  for (let i = 0; i < events; i++) {
    const frame = frames[i & mask]!;
    const seq = first + i;
    const length = frame.i32[LENGTH >> 2]!;
    frame.f64[SEQ >> 3] = seq;
    frame.f64[TIMESTAMP >> 3] = seq;
    frame.f64[TS_INIT >> 3] = seq;
    while (!journal.accepts(length)) await journal.whenDurable(journal.lastSeq);
    journal.append(frame, 0, length, seq);
    if (i % TURN_EVERY === TURN_EVERY - 1) journal.flush();
  }
  await journal.whenDurable(journal.lastSeq);
}
