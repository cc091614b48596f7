import { defineEvent, Type } from 'quantum-trader';

const Squared = defineEvent('embedding.number.squared', { payload: Type.Object({ name: Type.String(), square: Type.Integer() }) });

export function onAsked(event, ctx) {
  const { name, number } = event.payload;
  ctx.publish(Squared.create({ name, square: number * number }));
}
