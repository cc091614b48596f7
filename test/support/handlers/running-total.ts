import type { HandlerContext, QtEvent, SetupInfo } from '../../../src/index.ts';

interface Total {
  count: number;
  readonly member: number;
}

export function setup(_options: unknown, info: SetupInfo): Total {
  return { count: 0, member: info.member };
}

/** Says how many events this instance has seen; member `dies` kills its thread at `dieAt`, before anything leaves. */
export function onEvent(event: QtEvent<{ n: number; dies: number; how: string }>, ctx: HandlerContext<Total>): void {
  ctx.state.count++;
  ctx.publish({ type: 'total.said', payload: { n: event.payload.n, count: ctx.state.count } });
  if (event.payload.dies !== ctx.state.member) return;
  if (event.payload.how === 'exit') process.exit(1);
  if (event.payload.how === 'hang') for (;;);
}

/** Kills its thread whatever comes. */
export function exit(): never {
  process.exit(1);
}
