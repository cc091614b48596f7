// What the declarations of the installed package must let a TypeScript program do, and what they must refuse.
import { createEventBus, defineEvent, Type, type EventBus } from 'quantum-trader';
import type * as trading from 'quantum-trader/trading';

export type TradingNames = keyof typeof trading;

const Heartbeat = defineEvent('embedding.heartbeat.sent', {
  payload: Type.Object({ service: Type.String(), uptime_seconds: Type.Integer() }),
});

export async function beat(): Promise<number> {
  const bus: EventBus = createEventBus({ mode: 'inline' });
  bus.subscribe(Heartbeat, (event) => {
    const seconds: number = event.payload.uptime_seconds;
    // @ts-expect-error -- a payload is typed from its definition
    const wrong: string = event.payload.uptime_seconds;
    return [seconds, wrong];
  });
  await bus.start();
  const receipt = await bus.publish(Heartbeat.create({ service: 'a', uptime_seconds: 1 }));
  await bus.stop();
  return receipt.seq;
}
