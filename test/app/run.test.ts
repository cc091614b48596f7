import { expect, test } from 'vitest';
import { createComponents, formatReport, prepareRun, resolveConfig } from '../../src/app/index.ts';

const flags = (settings: Readonly<Record<string, unknown>>) =>
  Object.entries(settings).map(([path, value]) => ({ flag: `--${path}`, path, value }));
const SHORT = { mode: 'backtest', 'feed.kind': 'synthetic', 'feed.bars': 120 };

test('live trading is refused while there is no live venue', async () => {
  await expect(prepareRun({ flags: flags({ mode: 'live' }) })).rejects.toMatchObject({ code: 'QT_APP_LIVE_REFUSED' });
});

test.each([
  ['backtest without lockstep', { ...SHORT, 'engine.lockstep': 'off' }, 'engine.lockstep'],
  ['a duration without a rate', { ...SHORT, 'feed.duration': '5s' }, 'feed.duration'],
  ['a rate and a speed', { ...SHORT, 'feed.rate': 5, 'feed.speed': 5 }, 'feed.speed'],
  ['csv without a file', { 'feed.kind': 'csv' }, 'feed.files'],
  ['half a session', { 'feed.kind': 'csv', 'feed.files': ['a.csv'], 'feed.sessionOpen': '09:30' }, 'feed.sessionClose'],
  ['a strategy that nobody knows', { ...SHORT, strategies: [{ kind: 'luck' }] }, 'strategies.kind'],
])('settings that do not fit together are refused: %s', async (_kind, settings, field) => {
  await expect(prepareRun({ flags: flags(settings) })).rejects.toMatchObject({
    code: 'QT_OPTION_INVALID',
    message: expect.stringContaining(field),
  });
});

test('the name of a run follows from what decides its result, and from nothing else', async () => {
  const name = async (more: object): Promise<string> => (await prepareRun({ flags: flags({ ...SHORT, ...more }) })).identity.runId;

  const base = await name({});

  expect(base).toMatch(/^bt_[0-9a-f]{12}$/);
  expect(await name({ mode: 'paper', 'engine.workers': 5 })).toBe(base);
  expect(await name({ seed: 2 })).not.toBe(base);
  expect(await name({ 'risk.positionsMax': 2 })).not.toBe(base);
  expect(await name({ 'feed.bars': 121 })).not.toBe(base);
});

test('symbols are owned by as many instances as there are threads, the account by one', async () => {
  const { config, info } = await prepareRun({ flags: flags(SHORT) });

  const components = createComponents({ config, info, mode: 'paper', slackUs: 0 });

  expect(components.filter(({ owner }) => owner === 'account').map(({ name }) => name)).toEqual([
    'risk_kernel',
    'position_sizer',
    'kill_switch_service',
  ]);
  expect(new Set(components.map(({ name }) => name)).size).toBe(components.length);
});

test('a strategy in the shadow is measured and never traded', async () => {
  const strategies = [{ kind: 'trend', stage: 'SHADOW' as const }];
  const { trades, evaluations } = await (await prepareRun({ flags: flags({ ...SHORT, 'feed.bars': 600, strategies }) })).execute();

  expect(trades).toEqual([]);
  expect(evaluations['APPROVED']).toBeUndefined();
});

test('an interrupt before the first event ends a run without any', async () => {
  const run = await prepareRun({ flags: flags(SHORT) });

  const { outcome, trades } = await run.execute(AbortSignal.abort());

  expect({ outcome, trades }).toEqual({ outcome: 'interrupted', trades: [] });
});

test('an interrupt ends the feed, finishes what was sent and says so', async () => {
  const controller = new AbortController();
  const run = await prepareRun({ flags: flags({ mode: 'paper', 'feed.kind': 'synthetic', 'feed.rate': 200 }) });
  const timer = setInterval(() => run.progress().marketEvents > 20 && controller.abort(), 10);

  const result = await run.execute(controller.signal).finally(() => clearInterval(timer));

  expect(result.outcome).toBe('interrupted');
  expect(result.engine).toMatchObject({ lost: 0, pending: 0 });
});

test('the report shows figures with their conventions, and a dash with the reason where there is none', async () => {
  const result = await (await prepareRun({ flags: flags(SHORT) })).execute();

  const text = formatReport(result, { style: 'ascii' });

  for (const part of [
    'RESULT in USD',
    'buy and hold',
    'needs 10 trades',
    'kill switch     ARMED',
    'lost 0',
    result.decisionHash,
    'p99.9',
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toMatch(/NaN|undefined|Infinity|null/);
});

test('the settings of both profiles build every component', async () => {
  const { info } = await prepareRun({ flags: flags(SHORT) });

  for (const profile of ['daily', 'minute'] as const) {
    const components = createComponents({ config: resolveConfig([], profile), info, mode: 'backtest', slackUs: 0 });
    expect(components, profile).toHaveLength(10);
  }
});
