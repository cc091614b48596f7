import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeFields, describeJournal, prepareRun, verifyReplay } from '../../../src/app/index.ts';
import { makeFolder, makeJournal, segmentsOf } from './support.ts';

const SETTINGS = { 'feed.kind': 'synthetic', 'feed.bars': 300, 'feed.symbols': ['AAA', 'BBB', 'CCC'], 'advisory.candlesMin': 20 };

async function recorded(settings: Readonly<Record<string, unknown>> = {}, after = Infinity) {
  const directory = join(makeFolder(), 'journal');
  const flags = Object.entries({ ...SETTINGS, ...settings }).map(([path, value]) => ({ flag: path, path, value }));
  const controller = new AbortController();
  const run = await prepareRun({
    flags,
    journal: { directory },
    onBus: (bus) => {
      let sent = 0;
      bus.subscribe('market.**', () => void (++sent === after && controller.abort()), { group: 'interrupter', priority: 'HIGH' });
    },
  });
  return { directory, result: await run.execute(controller.signal) };
}

test('a run on threads is replayed on one thread to the same decisions', { timeout: 60_000 }, async () => {
  const { directory, result } = await recorded({ mode: 'paper', 'engine.workers': 2 });

  const report = await verifyReplay({ directory });

  expect(report).toMatchObject({ isEqual: true, runId: result.runId, events: result.engine.events, difference: null });
  expect(report.decisions).toBeGreaterThan(300);
  expect([report.decisionHash, report.recordedHash]).toEqual([result.decisionHash, result.decisionHash]);
});

test('a run that has not ended is replayed as far as it is recorded, wherever that is', async () => {
  const { directory } = await recorded({ mode: 'backtest', 'killSwitch.latchFile': join(makeFolder(), 'latch') }, 300);
  const [segment = ''] = segmentsOf(directory);
  const torn = join(makeFolder(), 'torn');
  mkdirSync(torn);
  copyFileSync(join(directory, 'run.json'), join(torn, 'run.json'));
  const { bytes, records } = describeJournal(directory);
  const copy = join(torn, '0000000000000001.qtj');
  copyFileSync(segment, copy);
  truncateSync(copy, bytes - 2000);

  const whole = await verifyReplay({ directory });
  const part = await verifyReplay({ directory: torn });

  expect(whole).toMatchObject({ isEqual: true, events: records, recordedHash: null });
  expect(part).toMatchObject({ isEqual: true, events: describeJournal(torn).records });
  expect(part.events).toBeLessThan(records);
});

test('other settings show the first decision that they change, what changed in it, and what led to it', async () => {
  const { directory } = await recorded({ mode: 'backtest' });
  const file = join(makeFolder(), 'other.yaml');
  writeFileSync(file, 'advisory: { candlesMin: 20 }\nrisk: { perTradeMax: 0.001 }\n');

  const { difference, events, isEqual } = await verifyReplay({ directory, file });

  const { causes, recomputed, recorded: before, seq } = difference!;
  expect(isEqual).toBe(false);
  expect(events).toBe(seq - 1);
  expect([before!.type, recomputed!.type]).toEqual(['risk.evaluation.complete', 'risk.evaluation.complete']);
  expect(describeFields(difference!).join()).toMatch(/\d recorded, [\d.]+ now/);
  expect(causes.map((cause) => cause.seq)).toEqual([before!.causeSeq, ...causes.slice(0, -1).map((cause) => cause.causeSeq)]);
  expect(causes.at(-1)).toMatchObject({ type: 'market.candle.new', causeSeq: 0 });
});

test('what cannot be replayed is refused with the reason', async () => {
  const bare = await recorded({ mode: 'backtest', 'feed.bars': 5 });
  const edited = await recorded({ mode: 'backtest', 'feed.bars': 5 });
  rmSync(join(bare.directory, 'run.json'));
  writeFileSync(join(edited.directory, 'run.json'), '{"version":1,"engine":{"lockstep":true},"context":{"config":{"risk":{"luck":1}}}}');

  const refusalOf = (directory: string) => verifyReplay({ directory }).catch((error: unknown) => error);

  expect(await refusalOf(bare.directory)).toMatchObject({ code: 'QT_APP_INPUT_UNREADABLE', message: expect.stringContaining('--config') });
  expect(await refusalOf(edited.directory)).toMatchObject({ code: 'QT_CONFIG_INVALID', message: expect.stringContaining('risk.luck') });
  expect(await refusalOf(await makeJournal(10))).toMatchObject({
    message: expect.stringContaining('does not begin with the start of a run'),
  });
  expect(await refusalOf(makeFolder())).toMatchObject({ message: expect.stringContaining('there is no event in it') });
});

test('a run that found its kill switch latched is verified as such, and the latch stays as it is', { timeout: 60_000 }, async () => {
  const latchFile = join(makeFolder(), 'latch');
  const settings = { mode: 'backtest', 'killSwitch.latchFile': latchFile, 'risk.flashCrash': 0.0005 };
  await recorded(settings);
  const latch = readFileSync(latchFile, 'utf8');
  const { directory, result } = await recorded(settings);
  rmSync(latchFile);

  const report = await verifyReplay({ directory });

  expect(latch).toContain('HALTED');
  expect(result.trades).toEqual([]);
  expect(report).toMatchObject({ isEqual: true, decisionHash: result.decisionHash });
  expect(existsSync(latchFile)).toBe(false);
});
