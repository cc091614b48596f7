/** Worker-thread handler that keeps its processor busy for a given time, then counts. */
import type { HandlerContext, QtEvent } from '../../src/index.ts';
import { workOf } from '../harness/spin.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

export interface WorkOptions {
  readonly memory: SharedArrayBuffer;
  /** Processor time of one event, microseconds. */
  readonly cpuUs: number;
}

interface Work {
  readonly tally: Tally;
  work(): void;
}

export function setup({ cpuUs, memory }: WorkOptions): Work {
  return { tally: new Tally(memory), work: workOf(cpuUs) };
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<Work>): void {
  ctx.state.work();
  ctx.state.tally.addShared(event.payload);
}
