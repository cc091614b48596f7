/** A component whose every event tells in which order its instance has seen what. */
import { defineEvent, Type, type HandlerContext, type QtEvent } from '../../../src/index.ts';

const payload = Type.Object({ id: Type.String(), symbol: Type.String(), act: Type.String() });

/** `act`: `note`, `wait` for the gate with the whole thread, `throw` on the first delivery, or `exit` the thread on it. */
export const Told = defineEvent('ordered.step.told', { payload, key: ({ symbol }) => symbol });
export const Killed = defineEvent('ordered.kill.told', { payload, priority: 'CRITICAL', key: ({ symbol }) => symbol });
export const Seen = defineEvent('ordered.steps.seen', {
  payload: Type.Object({ ids: Type.String() }),
  key: ({ ids }) => ids,
});

export interface OrderedOptions {
  /** Two words: it is open when the first is not 0, and the second counts those who have come to it. */
  readonly gate: Int32Array;
  /** Put in front of what is told. */
  readonly prefix: string;
}

interface OrderedState extends OrderedOptions {
  ids: string;
}

export function setup(options: OrderedOptions): OrderedState {
  return { ...options, ids: options.prefix };
}

export function onEvent(event: QtEvent<{ id: string; act: string }>, ctx: HandlerContext<OrderedState>): void {
  const { state, attempt } = ctx;
  const { act, id } = event.payload;
  if (act === 'wait') {
    Atomics.add(state.gate, 1, 1);
    Atomics.notify(state.gate, 1);
    Atomics.wait(state.gate, 0, 0);
  }
  if (act === 'throw' && attempt === 1) throw new Error('as told');
  if (act === 'exit' && attempt === 1) process.exit(1);
  state.ids += id;
  ctx.publish(Seen.create({ ids: state.ids }));
}
