/**
 * Does an event take longer to find its handler when 10 000 types are subscribed to instead of one?
 *
 *   publisher == type 0 =====================> handler        1 type
 *   publisher == type 0 of N ================> handler        N types in up to 2000 subscriptions, one used
 *   publisher == types 0 to N-1 in turn =====> handler        N types, all used
 *
 * On the inline bus, so that nothing but the path of the event is measured. The second should cost what the first
 * does; the third adds what the processor's caches have to say about so many different schemas.
 */
import { createEventBus, defineEvent, type EventBus, type EventInput, type QtEvent } from '../../src/index.ts';
import type { BenchCase, Plot } from '../case.ts';
import { alternate, type Rounds, type Subject } from '../harness/alternate.ts';
import { checkSame } from '../harness/check.ts';
import { costRatios, throughputOf } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { pointAt } from '../harness/latency-figures.ts';
import { spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { BenchTrade, checksumOf, tradeOf, type Trade } from '../trade.ts';

const ONE = '1 type';
/** A bus takes 2048 handlers on a thread; of more types than this, several share a subscription. */
const SUBSCRIPTIONS_MAX = 2000;

export const bench: BenchCase<'types-10000'> = {
  name: 'types-10000',
  question: 'Does an event take longer to find its handler when 10 000 types are subscribed to instead of one?',
  async run({ events, types, ...roundSettings }) {
    const tally = new Tally();
    const first = [draftOf(0)];
    // Made before the others are defined, so that it knows of none.
    const few = await openBus(first, tally);
    const drafts = Array.from({ length: Math.max(...types) }, (_, i) => draftOf(i));
    const buses = new Map<number, EventBus>();
    for (const count of types) buses.set(count, await openBus(drafts.slice(0, count), tally));
    const subjects = [...buses].flatMap(([count, bus]) => [
      subjectOf(nameOf(count, 'one used'), bus, tally, first, events),
      subjectOf(nameOf(count, 'all used'), bus, tally, drafts.slice(0, count), events),
    ]);
    try {
      const rounds = await alternate([subjectOf(ONE, few, tally, first, events), ...subjects], roundSettings);
      return {
        subjects: throughputOf(rounds, frameBytesOf(first)),
        ratios: costRatios(rounds, ONE),
        plots: [plotOf(rounds, types)],
      };
    } finally {
      await Promise.all([few, ...buses.values()].map((bus) => bus.stop()));
    }
  },
};

function plotOf(rounds: Rounds, types: readonly number[]): Plot {
  const pointOf = (count: number, name: string) => pointAt(count, spreadOf(rounds.get(name)!.ns));
  return {
    title: 'Time per event by number of subscribed types',
    x: { label: 'types', scale: 'log' },
    y: { label: 'ns per event', scale: 'linear' },
    series: ['one used', 'all used'].map((used) => ({
      name: used,
      points: [pointOf(1, ONE), ...types.map((count) => pointOf(count, nameOf(count, used)))],
    })),
  };
}

function nameOf(types: number, used: string): string {
  return `${types} types, ${used}`;
}

const bySymbol = (trade: unknown): string => (trade as Trade).symbol;

function draftOf(number: number): EventInput<Trade> {
  const definition = defineEvent(`bench.types.t${number}`, { payload: BenchTrade.schema, key: bySymbol });
  return definition.create(tradeOf(number)) as EventInput<Trade>;
}

async function openBus(drafts: readonly EventInput<Trade>[], tally: Tally): Promise<EventBus> {
  const bus = createEventBus({ mode: 'inline' });
  const onTrade = (event: unknown): void => tally.add((event as QtEvent<Trade>).payload);
  const share = Math.ceil(drafts.length / SUBSCRIPTIONS_MAX);
  for (let from = 0; from < drafts.length; from += share) {
    const types = drafts.slice(from, from + share).map(({ type }) => type);
    bus.subscribe(types, onTrade, { group: `group-${from}` });
  }
  await bus.start();
  return bus;
}

function subjectOf(name: string, bus: EventBus, tally: Tally, drafts: readonly EventInput<Trade>[], events: number): Subject {
  let checksum = 0;
  for (let i = 0; i < events; i++) checksum = (checksum + checksumOf(drafts[i % drafts.length]!.payload)) | 0;
  return {
    name,
    events,
    prepare: () => tally.expect(events),
    run: async () => {
      for (let i = 0, next = 0; i < events; i++, next = next + 1 === drafts.length ? 0 : next + 1) {
        const draft = drafts[next]!;
        if (bus.tryPublish(draft) < 0) await bus.publish(draft);
      }
      await tally.wait();
    },
    check: async () => {
      await bus.drain();
      const { published, acknowledged } = bus.getStats();
      checkSame('acknowledged', acknowledged, published);
      tally.check(events, checksum);
    },
  };
}
