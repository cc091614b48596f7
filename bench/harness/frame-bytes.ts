import { FrameEncoder, TypeTable } from '../../src/codec/index.ts';
import { definitionOf, type EventInput } from '../../src/event/index.ts';

const SCRATCH_BYTES = 1 << 20;

/** Bytes of an event as it lies in a ring (header, key and payload), on average over these events of one type. */
export function frameBytesOf(events: readonly EventInput[]): number {
  const definition = definitionOf(events[0]!.type)!;
  const table = new TypeTable();
  const entry = table.addDefinition(definition);
  const encoder = new FrameEncoder(table, { frameBytesMax: SCRATCH_BYTES });
  const bytes = events.map((event) => encoder.encode(entry, event, definition.keyOf?.(event.payload) ?? null));
  return bytes.reduce((sum, length) => sum + length, 0) / bytes.length;
}
