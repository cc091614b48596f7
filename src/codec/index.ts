/**
 * Events as bytes and back: the frame, the table of types, the encoder and the decoder. The only place that knows
 * msgpack. Exact or refused: no value changes on its way through.
 *
 * @module
 */
export { FrameDecoder } from './decoder.ts';
export { decodeEvent, DeliveredEvent, type EventOrigin } from './delivered-event.ts';
export { FrameEncoder, type FrameEncoderOptions } from './encoder.ts';
export * from './errors.ts';
export * from './frame.ts';
export { replaceMeta } from './frame-meta.ts';
export { TypeEntry, TypeTable, type TypeRecord } from './type-table.ts';
