import { createPrng } from '../../src/base/index.ts';
import { definitionOf, matches, type EventInput, type QtEvent } from '../../src/event/index.ts';
import { MarketCandleNew, type MarketCandleNewPayload } from '../../src/model/index.ts';

/** 2023-11-14T22:13:20Z, in microseconds. */
export const START_US = 1_700_000_000_000_000;
export const MINUTE_US = 60_000_000;
export const DAY_US = 86_400_000_000;

let nextSeq = 1;

/** What a bus would make of a draft; `seq` rises over the whole test file unless given. */
export function toEvent(input: EventInput, options: { seq?: number; cause?: QtEvent<object>; emitIndex?: number } = {}): QtEvent<object> {
  const { cause } = options;
  const seq = options.seq ?? nextSeq++;
  const definition = definitionOf(input.type);
  return Object.freeze({
    id: `test-${seq}`,
    type: input.type,
    v: 1,
    seq,
    timestamp: input.timestamp ?? cause?.timestamp ?? START_US,
    tsInitUs: 0,
    payload: input.payload,
    priority: input.priority ?? definition?.priority ?? 'NORMAL',
    key: input.key ?? definition?.keyOf?.(input.payload) ?? null,
    source: input.source ?? 'test',
    correlationId: cause?.correlationId ?? `test-${seq}`,
    causationId: cause?.id ?? null,
    causeSeq: cause?.seq ?? 0,
    emitIndex: options.emitIndex ?? 0,
    runId: 'test',
  });
}

/** A component as the chain runs it: its patterns and its step. */
export interface Link {
  readonly patterns: readonly string[];
  readonly step: (event: QtEvent<object>) => EventInput[];
}

/** Publishes each input to the links, wave by wave as a bus in lockstep does, and returns all events in commit order. */
export function runChain(links: readonly Link[], inputs: readonly EventInput[]): QtEvent<object>[] {
  const log: QtEvent<object>[] = [];
  let seq = 0;
  for (const input of inputs) {
    const queue = [toEvent(input, { seq: ++seq })];
    for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
      log.push(event);
      let emitIndex = 0;
      for (const link of links) {
        if (!link.patterns.some((pattern) => matches(pattern, event.type))) continue;
        for (const draft of link.step(event)) queue.push(toEvent(draft, { seq: ++seq, cause: event, emitIndex: emitIndex++ }));
      }
    }
  }
  return log;
}

/** A candle at the `index`-th close after the start. */
export function candleAt(index: number, values: Partial<MarketCandleNewPayload> & { close: number }, spacingUs = MINUTE_US): EventInput {
  const { close, open = close, high = Math.max(open, close), low = Math.min(open, close), volume = 1_000 } = values;
  const timestamp = START_US + (index + 1) * spacingUs;
  const rest = { symbol: 'BTCUSDT', timeframe: spacingUs === DAY_US ? ('1d' as const) : ('1m' as const), open_time: timestamp - spacingUs };
  return MarketCandleNew.create({ ...rest, ...values, open, high, low, close, volume }, { timestamp });
}

/** Candles of a market that drifts and swings, the same for the same name. */
export function wanderingCandles(
  name: string,
  count: number,
  options: { drift?: number; swing?: number; spacingUs?: number } = {},
): EventInput[] {
  const { drift = 0, swing = 0.002, spacingUs = MINUTE_US } = options;
  const prng = createPrng(`test:${name}`);
  let close = 100;
  return Array.from({ length: count }, (_, i) => {
    const open = close;
    close = open * Math.exp(drift + swing * prng.normal());
    const high = Math.max(open, close) * (1 + swing * prng.next());
    const low = Math.min(open, close) * (1 - swing * prng.next());
    return candleAt(i, { open, high, low, close, volume: 500 + prng.integer(1_000) }, spacingUs);
  });
}
