import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkJournal, describeJournal, prepareRun, type RunOptions, type RunResult } from '../../../src/app/index.ts';
import { resolveFeed, type Feed } from '../../../src/feed/index.ts';
import type { MarketTickPricePayload } from '../../../src/model/index.ts';
import { makeFolder } from './support.ts';

const SETTINGS = {
  mode: 'backtest',
  'feed.kind': 'synthetic',
  'feed.bars': 120,
  'feed.symbols': ['AAA', 'BBB'],
  'advisory.candlesMin': 20,
};

interface Given {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly feed?: Feed;
  /** Interrupts the run after so many market events. */
  readonly after?: number;
}

async function runWith(directory: string | null, { after, feed, settings = {} }: Given = {}): Promise<RunResult> {
  const flags = Object.entries({ ...SETTINGS, ...settings }).map(([path, value]) => ({ flag: path, path, value }));
  const controller = new AbortController();
  let sent = 0;
  const onBus: RunOptions['onBus'] = (bus) => {
    bus.subscribe('market.**', () => void (++sent === after && controller.abort()), { group: 'interrupter', priority: 'HIGH' });
  };
  const journal = directory === null ? {} : { journal: { directory } };
  const run = await prepareRun({ flags, onBus, ...(feed === undefined ? {} : { feed }), ...journal });
  return run.execute(controller.signal);
}

/** The same market, with one price of its own. */
async function otherMarket(at: number): Promise<Feed> {
  const feed = await resolveFeed({ kind: 'synthetic', symbols: ['AAA', 'BBB'], bars: 120, seed: 1 });
  return {
    info: feed.info,
    status: () => feed.status(),
    async *batches(signal) {
      let index = 0;
      for await (const batch of feed.batches(signal)) {
        const events = index++ === at ? batch.events.map((event) => ({ ...event, payload: dearer(event.payload) })) : batch.events;
        yield { ...batch, events };
      }
    },
  };
}

function dearer(payload: object): object {
  return 'price' in payload ? { ...payload, price: (payload as MarketTickPricePayload).price + 1 } : payload;
}

test('a run with a journal records every event and decides what it decides without one', async () => {
  const directory = join(makeFolder(), 'journal');

  const plain = await runWith(null);
  const recorded = await runWith(directory);

  const found = describeJournal(directory);
  expect(plain.journal).toBeNull();
  expect(recorded.decisionHash).toBe(plain.decisionHash);
  expect(recorded.journal).toMatchObject({ state: 'new', recordedEvents: 0, appendedEvents: recorded.engine.events });
  expect(found.types).toEqual(plain.eventsByType);
  expect(found.runs).toEqual([
    { runId: plain.runId, mode: 'backtest', startedSeq: 1, outcome: 'complete', decisionHash: plain.decisionHash },
  ]);
  expect(JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'))).toMatchObject({ version: 1, identity: { runId: plain.runId } });
});

test(
  'an interrupted run goes on where its journal ends, on any number of threads, and ends as if nothing had been',
  { timeout: 60_000 },
  async () => {
    const directory = makeFolder();
    const paper = { settings: { mode: 'paper', 'engine.workers': 1 } };
    const whole = await runWith(null, paper);

    const first = await runWith(directory, { ...paper, after: 100 });
    const second = await runWith(directory, { ...paper, after: 250 });
    const third = await runWith(directory, { settings: { mode: 'paper', 'engine.workers': 2 } });

    expect([first.outcome, second.outcome, third.outcome]).toEqual(['interrupted', 'interrupted', 'complete']);
    expect(first.journal!.appendedEvents).toBeGreaterThan(100);
    expect(second.journal).toMatchObject({ state: 'resumed', comparedEvents: first.journal!.appendedEvents });
    expect(third.journal!.comparedEvents + third.journal!.appendedEvents).toBe(whole.engine.events);
    expect(third.decisionHash).toBe(whole.decisionHash);
    expect(third.performance).toEqual(whole.performance);
    expect(checkJournal(directory)).toMatchObject({ isSound: true, records: whole.engine.events });
  },
);

test('a complete journal of the same run is compared from start to end and left as it is', async () => {
  const directory = makeFolder();
  const first = await runWith(directory);

  const again = await runWith(directory);

  const recordedEvents = first.engine.events;
  expect(again.journal).toMatchObject({ state: 'complete', recordedEvents, comparedEvents: recordedEvents, appendedEvents: 0 });
  expect(again.decisionHash).toBe(first.decisionHash);
});

test('the first event that comes out otherwise ends the run, is shown with both sides, and is not written', async () => {
  const directory = makeFolder();
  await runWith(directory, { after: 300 });
  const before = checkJournal(directory);

  const failure = await runWith(directory, { feed: await otherMarket(80) }).catch((error: unknown) => error);

  expect(failure).toMatchObject({
    code: 'QT_REPLAY_DIFFERS',
    message: expect.stringMatching(/^Cannot go on with the run .*recorded seq .*; now seq /),
  });
  const { recomputed, recorded, seq } = (failure as { details: Record<string, { seq: number; payload: MarketTickPricePayload }> }).details;
  expect(recorded).toMatchObject({ type: 'market.tick.price', seq });
  expect(recomputed!.payload.price).toBe(recorded!.payload.price + 1);
  expect(checkJournal(directory)).toMatchObject({ isSound: true, records: before.records, lastSeq: before.lastSeq });
  expect((await runWith(directory)).outcome).toBe('complete');
});

test.each([
  ['settings', { 'risk.positionsMax': 2 }],
  ['seed', { seed: 2 }],
  ['mode', { mode: 'logging_only' }],
  ['data', { 'feed.bars': 121 }],
])('the journal of a run with another %s is refused', async (name, settings) => {
  const directory = makeFolder();
  await runWith(directory, { after: 20 });

  const refusal = await runWith(directory, { settings }).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ code: 'QT_APP_JOURNAL_OTHER_RUN', message: expect.stringMatching(`another (${name}|settings)`) });
});

test('a paced run records into an empty directory only, and its end', async () => {
  const directory = makeFolder();
  const settings = { mode: 'paper', 'feed.bars': null, 'feed.rate': 400, 'feed.duration': '500ms' };

  const first = await runWith(directory, { settings });
  const again = await runWith(directory, { settings }).catch((error: unknown) => error);

  expect(first.journal).toMatchObject({ state: 'new', appendedEvents: first.engine.events });
  expect(describeJournal(directory).runs).toMatchObject([{ runId: first.runId, outcome: 'complete' }]);
  expect(again).toMatchObject({ code: 'QT_APP_JOURNAL_NOT_EMPTY' });
});
