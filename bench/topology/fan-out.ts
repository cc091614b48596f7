/**
 * What does each further group cost, when several groups on one worker thread want the same event?
 *
 *   main thread                 worker thread
 *   publisher ==== one frame ====> group-0   one decode, then one call per group
 *                             `--> group-1
 *                             `--> ...
 *
 * One frame crosses whatever the number of groups, so four groups should cost far less than four times one.
 */
import { createEventBus, moduleHandler, type EventBus } from '../../src/index.ts';
import type { BenchCase, Plot, RatioReport } from '../case.ts';
import { alternate, type Rounds, type Subject } from '../harness/alternate.ts';
import { checkBooks, tryPublishAll } from '../harness/counted.ts';
import { costRatios, throughputOf } from '../harness/figures.ts';
import { frameBytesOf } from '../harness/frame-bytes.ts';
import { pointAt } from '../harness/latency-figures.ts';
import { ratioOf, spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { BenchTrade, checksumOfInputs, createInputs } from '../trade.ts';

const inputs = createInputs();
const ONE = '1 group';

export const bench: BenchCase<'fan-out'> = {
  name: 'fan-out',
  question: 'What does each further group cost, when several groups on one worker thread want the same event?',
  async run({ events, groups, ...roundSettings }) {
    const opened = await Promise.all(groups.map((count) => openFanOut(count)));
    try {
      const rounds = await alternate(
        opened.map((fanOut) => subjectOf(fanOut, events)),
        roundSettings,
      );
      const further = groups.filter((count) => count > 1).map((count) => furtherGroup(rounds, count));
      return {
        subjects: throughputOf(rounds, frameBytesOf(inputs.drafts)),
        ratios: [...costRatios(rounds, ONE), ...further],
        plots: [plotOf(rounds, groups)],
      };
    } finally {
      await Promise.all(opened.map(({ bus }) => bus.stop()));
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
    name: nameOf(tallies.length),
    events,
    prepare: () => {
      for (const tally of tallies) tally.expect(events);
    },
    run: async () => {
      await tryPublishAll(bus, inputs.drafts, inputs.mask, events);
      await Promise.all(tallies.map((tally) => tally.wait()));
    },
    check: async () => {
      await checkBooks(bus, tallies.length);
      for (const tally of tallies) tally.check(events, checksumOfInputs(inputs, events));
    },
  };
}

/** What one more group adds, as a share of what one group costs in the same round. */
function furtherGroup(rounds: Rounds, groups: number): RatioReport {
  const one = rounds.get(ONE)!.ns;
  const added = rounds.get(nameOf(groups))!.ns.map((ns, round) => (ns - one[round]!) / (groups - 1));
  return { subject: `each further group of ${groups}`, reference: ONE, figure: 'ns/event', ratio: ratioOf(added, one) };
}

function plotOf(rounds: Rounds, groups: readonly number[]): Plot {
  const points = (perEvent: number[]) =>
    groups.map((count, i) => pointAt(count, spreadOf(rounds.get(nameOf(count))!.ns.map((ns) => (1e9 / ns) * perEvent[i]!))));
  return {
    title: 'Throughput by number of groups on one worker thread',
    x: { label: 'groups', scale: 'linear' },
    y: { label: 'per second', scale: 'linear' },
    series: [
      { name: 'events', points: points(groups.map(() => 1)) },
      { name: 'deliveries', points: points([...groups]) },
    ],
  };
}

function nameOf(groups: number): string {
  return groups === 1 ? ONE : `${groups} groups`;
}
