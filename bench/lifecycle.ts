/** The life of a trade as six events in a row, each the cause of the next, all with the payload of the first. */
import { defineEvent, type EventDefinition } from '../src/index.ts';
import { BenchTrade, type Trade } from './trade.ts';

const STAGES = ['candle', 'signal', 'evaluation', 'request', 'order', 'fill'] as const;

/** In order. */
export const LIFECYCLE: readonly EventDefinition<Trade>[] = STAGES.map((stage) =>
  defineEvent(`bench.life.${stage}`, {
    payload: BenchTrade.schema,
    key: (trade: unknown) => (trade as Trade).symbol,
    description: `Stage ${stage} of the lifecycle that a case sends`,
  }),
) as unknown as EventDefinition<Trade>[];
