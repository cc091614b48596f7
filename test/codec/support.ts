import { defineEvent, type EventDefinition, type EventInput, Type } from '../../src/event/index.ts';
import { FrameDecoder, FrameEncoder, FrameViews, type TypeEntry, TypeTable } from '../../src/codec/index.ts';

export const Trade = defineEvent('codec.trade', {
  payload: Type.Object({
    order_id: Type.String(),
    symbol: Type.String(),
    side: Type.Union([Type.Literal('BUY'), Type.Literal('SELL')]),
    size: Type.Number(),
    price: Type.Number(),
    strategy_id: Type.String(),
    model: Type.Union([Type.String(), Type.Null()]),
    pnl: Type.Number(),
    is_maker: Type.Optional(Type.Boolean()),
    ts: Type.Integer(),
  }),
  priority: 'HIGH',
});

export const Book = defineEvent('codec.book', {
  payload: Type.Object({
    symbol: Type.String(),
    levels: Type.Array(Type.Any()),
    extra: Type.Optional(Type.Any()),
  }),
  version: 3,
});

export const trade = {
  order_id: 'ord_100000',
  symbol: 'BTCUSDT',
  side: 'BUY',
  size: 0.25,
  price: 43_210.5,
  strategy_id: 'momentum_v2',
  model: null,
  pnl: -12.5,
  is_maker: true,
  ts: 1_700_000_000_000_000,
} as const;

export const FRAME_BYTES_MAX = 65_536;
/** Where a frame is put in the ring-like buffer: not at its start, and with other bytes around it. */
export const INDEX = 4096;

/** Both ends of the codec, with a shared buffer between them as in the engine. */
export class Codec {
  readonly table = new TypeTable();
  readonly trade: TypeEntry;
  readonly book: TypeEntry;
  readonly encoder: FrameEncoder;
  readonly decoder: FrameDecoder;
  readonly views = new FrameViews(new SharedArrayBuffer(INDEX + FRAME_BYTES_MAX + 4096));

  constructor(frameBytesMax = FRAME_BYTES_MAX) {
    this.trade = this.table.addDefinition(Trade as unknown as EventDefinition);
    this.book = this.table.addDefinition(Book as unknown as EventDefinition);
    this.encoder = new FrameEncoder(this.table, { frameBytesMax });
    this.decoder = new FrameDecoder(TypeTable.fromRecords(structuredClone(this.table.toRecords())));
    this.views.u8.fill(0xa5);
  }

  /** Encodes and copies the frame to INDEX of the shared buffer; returns its length. */
  send(entry: TypeEntry, payload: unknown, key: string | null = null, options: Partial<EventInput> = {}): number {
    const input = { type: entry.type, payload: payload as object, ...options };
    const length = this.encoder.encode(entry, input, key);
    this.encoder.views.bytes.copy(this.views.bytes, INDEX, 0, length);
    return length;
  }

  receive(): object {
    return this.decoder.payload(this.views, INDEX);
  }

  roundTrip(entry: TypeEntry, payload: unknown): object {
    this.send(entry, payload);
    const decoded = this.receive();
    // What was decoded must not point into the buffer.
    this.views.u8.fill(0xa5);
    return decoded;
  }

  /** As a nested value of a catalogued payload, as an unknown field of it, and inside an uncatalogued one. */
  roundTripEverywhere(value: unknown): unknown[] {
    const book = this.roundTrip(this.book, { symbol: 'S', levels: [value], extra: value }) as { levels: unknown[]; extra: unknown };
    const unknown = this.roundTrip(this.trade, { ...trade, unknown: value }) as { unknown: unknown };
    const map = this.roundTrip(this.table.addDynamic('codec.any'), { value, list: [value], deep: { value } }) as {
      value: unknown;
      list: unknown[];
      deep: { value: unknown };
    };
    return [book.levels[0], book.extra, unknown.unknown, map.value, map.list[0], map.deep.value];
  }
}

/** The code that an action throws; undefined if it does not. */
export function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? `not coded: ${String(error)}`;
  }
}
