/**
 * What does each further group cost, when four groups on one worker thread want the same event?
 *
 *   main thread                 worker thread
 *   publisher ==== one frame ====> group-0   one decode, then one call per group
 *                             `--> group-1
 *                             `--> group-2
 *                             `--> group-3
 *
 * One frame crosses whatever the number of groups, so four groups should cost far less than four times one.
 */
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import type { BenchCase } from '../case.ts';
import { alternate, type Rounds, type Subject } from '../harness/alternate.ts';
import { checkSame } from '../harness/check.ts';
import { costRatios, throughputOf } from '../harness/figures.ts';
import { ratioOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { BenchTrade, checksumOfInputs, createInputs } from '../trade.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';

const GROUPS = 4;
const inputs = createInputs();

export const bench: BenchCase<'fan-out-4'> = {
  name: 'fan-out-4',
  question: 'What does each further group cost, when four groups on one worker thread want the same event?',
  async run({ events, ...roundSettings }) {
    const single = await openFanOut(1);
    const four = await openFanOut(GROUPS);
    try {
      const samples = await alternate([subjectOf(single, events), subjectOf(four, events)], roundSettings);
      const ratios = costRatios(samples, '1 group');
      return {
        subjects: throughputOf(samples, frameBytesOf(inputs.drafts)),
        ratios: [...ratios, { subject: 'each further group', reference: '1 group', figure: 'ns/event', ratio: furtherGroup(samples) }],
      };
    } finally {
      await Promise.all([single.bus.stop(), four.bus.stop()]);
    }
  },
};

interface FanOut {
  readonly bus: EventBus;
  readonly tallies: readonly Tally[];
}

async function openFanOut(groups: number): Promise<FanOut> {
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const tallies = Array.from({ length: groups }, () => new Tally());
  for (const [i, { memory }] of tallies.entries()) {
    const group = `group-${i}`;
    // An instance of its own, or all groups would share one tally.
    const handler = moduleHandler(new URL('../handlers/tally.ts', import.meta.url), 'onTrade', { options: { memory }, instance: group });
    bus.subscribe(BenchTrade.type, handler, { group });
  }
  await bus.start();
  return { bus, tallies };
}

function subjectOf({ bus, tallies }: FanOut, events: number): Subject {
  return {
    name: tallies.length === 1 ? '1 group' : `${tallies.length} groups`,
    events,
    prepare: () => {
      for (const tally of tallies) tally.expect(events);
    },
    run: async () => {
      for (let i = 0; i < events; i++) {
        const draft = inputs.drafts[i & inputs.mask]!;
        if (bus.tryPublish(draft) < 0) await bus.publish(draft);
      }
      await Promise.all(tallies.map((tally) => tally.wait()));
    },
    check: async () => {
      await bus.drain();
      const { published, acknowledged } = bus.getStats();
      checkSame('acknowledged', acknowledged, published * tallies.length);
      for (const tally of tallies) tally.check(events, checksumOfInputs(inputs, events));
    },
  };
}

/** What one more group adds, as a share of what one group costs in the same round. */
function furtherGroup(samples: Rounds): ReturnType<typeof ratioOf> {
  const one = samples.get('1 group')!.ns;
  const all = samples.get(`${GROUPS} groups`)!.ns;
  return ratioOf(
    all.map((ns, round) => (ns - one[round]!) / (GROUPS - 1)),
    one,
  );
}
