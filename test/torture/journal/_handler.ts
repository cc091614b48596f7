/** The durable group on the worker thread: fails now and then at first, and writes down what it has finished. */
import type { HandlerContext, QtEvent } from '../../../src/index.ts';
import { DoneWriter } from './groups.ts';

const FAILS_EVERY = 397;

export function setup({ path }: { path: string }): DoneWriter {
  return new DoneWriter(path);
}

export function onEvent(event: QtEvent, ctx: HandlerContext<DoneWriter>): void {
  if (event.seq % FAILS_EVERY === 0 && ctx.attempt === 1) throw new Error('the first attempt fails');
  ctx.state.write(event.seq);
}
