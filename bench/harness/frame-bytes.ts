import { FrameEncoder, TypeTable } from '../../src/codec/index.ts';
import { definitionOf, type EventInput } from '../../src/event/index.ts';

const SCRATCH_BYTES = 65_536;

/** Bytes of an event as it lies in a ring: header, key and payload. */
export function frameBytesOf(event: EventInput): number {
  const definition = definitionOf(event.type)!;
  const table = new TypeTable();
  const encoder = new FrameEncoder(table, { frameBytesMax: SCRATCH_BYTES });
  return encoder.encode(table.addDefinition(definition), event, definition.keyOf?.(event.payload) ?? null);
}
