/** Worker-thread handlers that count trades and say, when asked, where the processor time of their thread went meanwhile. */
import { defineEvent, Type, type HandlerContext, type QtEvent } from '../../src/index.ts';
import { PROFILE_PARTS, Profiler } from '../harness/profiler.ts';
import { Tally } from '../harness/tally.ts';
import type { Trade } from '../trade.ts';

/** Asks the worker to begin or to end a profile. */
export const ProfileMark = defineEvent('bench.profile.mark', { payload: Type.Object({ isStart: Type.Boolean() }) });
/** The answer to either; nothing in it at the beginning. */
export const ProfileTaken = defineEvent('bench.profile.taken', {
  payload: Type.Object({ parts: Type.Array(Type.String()), ns: Type.Array(Type.Number()) }),
});

interface Profiled {
  readonly tally: Tally;
  readonly profiler: Profiler;
}

export function setup({ memory }: { memory: SharedArrayBuffer }): Profiled {
  return { tally: new Tally(memory), profiler: new Profiler() };
}

export function onTrade(event: QtEvent<Trade>, ctx: HandlerContext<Profiled>): void {
  ctx.state.tally.add(event.payload);
}

export function onMark(event: QtEvent<{ isStart: boolean }>, ctx: HandlerContext<Profiled>): void {
  const { profiler } = ctx.state;
  if (event.payload.isStart) {
    profiler.start();
    ctx.publish(ProfileTaken.create({ parts: [], ns: [] }));
  } else {
    const found = profiler.stop();
    ctx.publish(ProfileTaken.create({ parts: [...PROFILE_PARTS], ns: PROFILE_PARTS.map((part) => found[part]!) }));
  }
}
