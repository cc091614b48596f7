/**
 * Does an event take longer to find its handler when 10 000 types are subscribed to instead of one?
 *
 *   publisher == type 0 =====================> handler        1 type
 *   publisher == type 0 of 10 000 ===========> handler        10 000 types, one used
 *   publisher == types 0 to 9999 in turn ====> handler        10 000 types, all used
 *
 * On the inline bus, so that nothing but the path of the event is measured. The second should cost what the first
 * does; the third adds what the processor's caches have to say about 10 000 different schemas.
 */
import { createEventBus, defineEvent, type EventBus, type EventInput, type QtEvent } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate, type Subject } from '../harness/alternate.ts';
import { checkSame } from '../harness/check.ts';
import { costRatios, throughputOf } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { Tally } from '../harness/tally.ts';
import { BenchTrade, checksumOf, tradeOf, type Trade } from '../trade.ts';

const TYPES = 10_000;
const ONE = '1 type';

export const bench: BenchCase<'types-10000'> = {
  name: 'types-10000',
  question: 'Does an event take longer to find its handler when 10 000 types are subscribed to instead of one?',
  async run({ events, ...roundSettings }) {
    const tally = new Tally();
    const first = [draftOf(0)];
    // Made before the others are defined, so that it knows of none.
    const few = await openBus(first, tally);
    const drafts = Array.from({ length: TYPES }, (_, i) => draftOf(i));
    const many = await openBus(drafts, tally);
    try {
      const samples = await alternate(
        [
          subjectOf(ONE, few, tally, first, events),
          subjectOf('10 000 types, one used', many, tally, first, events),
          subjectOf('10 000 types, all used', many, tally, drafts, events),
        ],
        roundSettings,
      );
      return { subjects: throughputOf(samples, frameBytesOf(first)), ratios: costRatios(samples, ONE) };
    } finally {
      await Promise.all([few.stop(), many.stop()]);
    }
  },
};

const bySymbol = (trade: unknown): string => (trade as Trade).symbol;

function draftOf(number: number): EventInput<Trade> {
  const definition = defineEvent(`bench.types.t${number}`, { payload: BenchTrade.schema, key: bySymbol });
  return definition.create(tradeOf(number)) as EventInput<Trade>;
}

async function openBus(drafts: readonly EventInput<Trade>[], tally: Tally): Promise<EventBus> {
  const bus = createEventBus({ mode: 'inline' });
  const types = drafts.map((draft) => draft.type);
  bus.subscribe(types, (event) => tally.add((event as unknown as QtEvent<Trade>).payload), { group: 'tally' });
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
