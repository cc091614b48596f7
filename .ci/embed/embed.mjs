// The installed package in another program: worker threads, a handler module of its own, the trading door, a clean end.
import assert from 'node:assert/strict';
import { createEventBus, defineEvent, moduleHandler, Type } from 'quantum-trader';
import * as trading from 'quantum-trader/trading';

const COUNT = 1000;
const Asked = defineEvent('embedding.number.asked', {
  payload: Type.Object({ name: Type.String(), number: Type.Integer() }),
  key: (payload) => payload.name,
});
const Squared = defineEvent('embedding.number.squared', { payload: Type.Object({ name: Type.String(), square: Type.Integer() }) });

const bus = createEventBus({ mode: 'threads', workers: 2 });
let sum = 0;
bus.subscribe(Asked, moduleHandler(new URL('./squares.mjs', import.meta.url), 'onAsked'), { group: 'squares' });
bus.subscribe(Squared, (event) => {
  sum += event.payload.square;
});
await bus.start();
for (let number = 1; number <= COUNT; number++) await bus.publish(Asked.create({ name: `n-${number % 10}`, number }));
await bus.drain();
await bus.stop();

assert.equal(sum, (COUNT * (COUNT + 1) * (2 * COUNT + 1)) / 6);
assert.ok(Object.keys(trading).length > 0);
console.log(`Node ${process.version}: ${COUNT} events through 2 threads`);
