/** Worker-thread handler that publishes many trades for each one it gets: an independent producer, set off from outside. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { BenchEcho, tradeOf, type Trade } from '../trade.ts';

export interface ProducerOptions {
  /** Trades for each trigger. */
  readonly burst: number;
}

/** Trades that a producer sends in a circle. */
const CIRCLE = 1024;

interface Producer {
  readonly trades: readonly Trade[];
  readonly burst: number;
}

export function setup({ burst }: ProducerOptions): Producer {
  return { trades: Array.from({ length: CIRCLE }, (_, number) => tradeOf(number)), burst };
}

export function onTrade(_event: QtEvent<Trade>, ctx: HandlerContext<Producer>): void {
  const { burst, trades } = ctx.state;
  for (let i = 0; i < burst; i++) ctx.publish({ type: BenchEcho.type, payload: trades[i & (CIRCLE - 1)]! });
}
