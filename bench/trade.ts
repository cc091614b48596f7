/**
 * The event of every case: a trade of ten fields, as wide as the events that a trading day is made of. Its fields are
 * scalars, so every codec in the comparison meets the same payload.
 */
import { defineEvent, Type, type EventInput, type Static } from '../src/index.ts';

const Payload = Type.Object({
  order_id: Type.String(),
  symbol: Type.String(),
  side: Type.Enum(['BUY', 'SELL']),
  size: Type.Integer(),
  price: Type.Number(),
  strategy_id: Type.String(),
  model: Type.Union([Type.String(), Type.Null()]),
  pnl: Type.Number(),
  fees: Type.Number(),
  ts: Type.Number(),
});

export type Trade = Static<typeof Payload>;

const bySymbol = (trade: Trade): string => trade.symbol;

export const BenchTrade = defineEvent('bench.trade', { payload: Payload, key: bySymbol, description: 'The trade that every case sends' });
/** What the other side of a round trip answers. */
export const BenchEcho = defineEvent('bench.echo', { payload: Payload, key: bySymbol, description: 'The same trade on its way back' });

const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'AAPL', 'MSFT', 'SPX', 'EURUSD', 'XAUUSD'] as const;

/**
 * The trade of this number. Prices are quarters, so that sums of them are exact in any order.
 *
 * @param ts microseconds; its meaning belongs to the case
 */
export function tradeOf(number: number, ts = 1_700_000_000_000_000 + number * 20): Trade {
  return {
    order_id: `ord_${1_000_000 + number}`,
    symbol: SYMBOLS[number % SYMBOLS.length]!,
    side: number % 2 === 0 ? 'BUY' : 'SELL',
    size: 1 + (number % 97),
    price: 100 + (number % 4001) / 4,
    strategy_id: 'momentum_v3',
    model: null,
    pnl: ((number % 2003) - 1000) / 8,
    fees: (number % 13) / 16,
    ts,
  };
}

/** What one trade adds to a receiver's checksum: a number and a string, so that neither may go missing on the way. */
export function checksumOf(trade: Trade): number {
  return trade.price * 4 + trade.symbol.charCodeAt(trade.symbol.length - 1);
}

/** Events that a round takes in a circle, so that making them is in nobody's time. */
export interface Inputs {
  /** A power of two long. */
  readonly drafts: readonly EventInput<Trade>[];
  /** The same trades as the plain objects that `postMessage` and its like take. */
  readonly plain: readonly EventInput<Trade>[];
  readonly mask: number;
}

const INPUTS = 4096;

export function createInputs(): Inputs {
  return inputsOf(Array.from({ length: INPUTS }, (_, number) => tradeOf(number)));
}

/** Events to send in a circle, each with its place in it as `size`. */
export function createCircle(length: number): Inputs {
  return inputsOf(Array.from({ length }, (_, number) => ({ ...tradeOf(number), size: number })));
}

function inputsOf(trades: readonly Trade[]): Inputs {
  return {
    drafts: trades.map((trade) => BenchTrade.create({ ...trade })),
    plain: trades.map((payload) => ({ type: BenchTrade.type, payload })),
    mask: trades.length - 1,
  };
}

/** The checksum of the first `events` inputs, taken in a circle. */
export function checksumOfInputs(inputs: Inputs, events: number): number {
  let sum = 0;
  for (let i = 0; i < events; i++) sum = (sum + checksumOf(inputs.plain[i & inputs.mask]!.payload)) | 0;
  return sum;
}
