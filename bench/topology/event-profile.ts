/**
 * Where does the processor time of an event go?
 *
 *   inline    publisher ----> inline bus ----> handler            one thread does all of it
 *   threads   publisher ----> bus ==== ring ====> handler         main thread | worker thread
 *
 * The one-to-one stream with V8's sampling profiler on each thread; what the profiler itself costs is in the figures, so
 * they are a little above those of the other cases. By parts of the engine, as its folders cut it.
 */
import { createEventBus, moduleHandler, type EventBus, type QtEvent } from '../../src/index.ts';
import type { BenchCase, SubjectReport } from '../case.ts';
import type { RoundSettings } from '../config.ts';
import { ProfileMark, ProfileTaken } from '../handlers/profiled.ts';
import { checkBooks, tryPublishAll } from '../harness/counted.ts';
import { MissingPeer } from '../harness/optional.ts';
import { isCheckout } from '../harness/program.ts';
import { PROFILE_PARTS, Profiler, type ProfileByPart } from '../harness/profiler.ts';
import { spreadOf } from '../harness/statistics.ts';
import { Tally } from '../harness/tally.ts';
import { BenchTrade, checksumOfInputs, createInputs, type Trade } from '../trade.ts';

const inputs = createInputs();

type Settings = RoundSettings & { readonly events: number };
/** Nanoseconds by part, of each thread. */
type Threads = Readonly<Record<string, ProfileByPart>>;

export const bench: BenchCase<'event-profile'> = {
  name: 'event-profile',
  question: 'Where does the processor time of an event go?',
  async run(settings) {
    if (!isCheckout) throw new MissingPeer('a bundle has one file for all parts: run it in a checkout');
    return { subjects: [...(await profile(settings, openInline)), ...(await profile(settings, openThreads))], ratios: [] };
  },
};

/** A bus whose handler counts, and how to profile the threads that it keeps busy while `run` runs. */
interface Profiled {
  readonly bus: EventBus;
  readonly tally: Tally;
  measure(run: () => Promise<void>): Promise<Threads>;
  close(): void;
}

async function openInline(): Promise<Profiled> {
  const tally = new Tally();
  const bus = createEventBus({ mode: 'inline' });
  bus.subscribe(BenchTrade, (event: QtEvent<Trade>) => tally.add(event.payload), { group: 'tally' });
  await bus.start();
  const profiler = new Profiler();
  return {
    bus,
    tally,
    measure: async (run) => {
      profiler.start();
      await run();
      return { inline: profiler.stop() };
    },
    close: () => profiler.close(),
  };
}

async function openThreads(): Promise<Profiled> {
  const tally = new Tally();
  const bus = createEventBus({ mode: 'threads', workers: 1 });
  const module = new URL('../handlers/profiled.ts', import.meta.url);
  const options = { options: { memory: tally.memory } };
  bus.subscribe(BenchTrade, moduleHandler(module, 'onTrade', options), { group: 'tally' });
  bus.subscribe(ProfileMark, moduleHandler(module, 'onMark', options), { group: 'profile' });
  await bus.start();
  const profiler = new Profiler();
  const mark = async (isStart: boolean): Promise<ProfileByPart> => {
    const answer = bus.once(ProfileTaken, { timeoutMs: 60_000 });
    await bus.publish(ProfileMark.create({ isStart }));
    const { parts, ns } = (await answer).payload as { parts: string[]; ns: number[] };
    return Object.fromEntries(parts.map((part, i) => [part, ns[i]!]));
  };
  return {
    bus,
    tally,
    measure: async (run) => {
      await mark(true);
      profiler.start();
      await run();
      const main = profiler.stop();
      return { 'threads, main': main, 'threads, worker': await mark(false) };
    },
    close: () => profiler.close(),
  };
}

async function profile({ events, rounds, warmUps }: Settings, open: () => Promise<Profiled>): Promise<SubjectReport[]> {
  const { bus, close, measure, tally } = await open();
  const found: Threads[] = [];
  const send = async (): Promise<void> => {
    await tryPublishAll(bus, inputs.drafts, inputs.mask, events);
    await tally.wait();
  };
  try {
    for (let round = -warmUps; round < rounds; round++) {
      tally.expect(events);
      const threads = await measure(send);
      tally.check(events, checksumOfInputs(inputs, events));
      if (round >= 0) found.push(threads);
    }
    await checkBooks(bus);
  } finally {
    await bus.stop();
    close();
  }
  return Object.keys(found[0]!).flatMap((thread) =>
    subjectsOf(
      thread,
      found.map((threads) => threads[thread]!),
      events,
    ),
  );
}

/** A line for each part, and one for the whole. */
function subjectsOf(thread: string, rounds: readonly ProfileByPart[], events: number): SubjectReport[] {
  const wholes = rounds.map((parts) => Object.values(parts).reduce((sum, ns) => sum + ns, 0));
  const line = (name: string, ns: readonly number[]): SubjectReport => ({
    name: `${thread}: ${name}`,
    figures: {
      'cpu ns/event': spreadOf(ns.map((each) => each / events)),
      '% of the thread': spreadOf(ns.map((each, round) => (100 * each) / wholes[round]!)),
    },
  });
  return [
    line('whole', wholes),
    ...PROFILE_PARTS.map((part) =>
      line(
        part,
        rounds.map((parts) => parts[part]!),
      ),
    ),
  ];
}
