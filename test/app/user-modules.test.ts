import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { prepareRun, type ConfigFlag, type RunResult } from '../../src/app/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'qt-user-modules-'));

const RUN: ConfigFlag[] = [
  { flag: '--mode', path: 'mode', value: 'backtest' },
  { flag: '--feed', path: 'feed.kind', value: 'synthetic' },
  { flag: '--symbols', path: 'feed.symbols', value: ['A'] },
  { flag: '--bars', path: 'feed.bars', value: 100 },
];

async function run(handlers: readonly string[], flags: readonly ConfigFlag[] = []): Promise<RunResult> {
  const prepared = await prepareRun({ flags: [...RUN, ...flags], handlers });
  return prepared.execute();
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const COUNTER = `
  export const seen = [];
  export const subscriptions = [{ topic: 'market.candle.new', handler: 'onCandle', group: 'mine', options: { step: 2 } }];
  export const setup = ({ step }) => ({ step, n: 0 });
  export function onCandle(event, ctx) {
    ctx.state.n += ctx.state.step;
    seen.push(ctx.state.n);
    ctx.publish({ type: 'mine.candle.seen', payload: { n: ctx.state.n } });
  }`;

test('handlers of a module on disk see the events of a run and publish their own, with the state of their setup', async () => {
  const path = file('counter.mjs', COUNTER);
  const plain = await run([]);

  const counted = await run([path]);

  const { seen } = (await import(pathToFileURL(path).href)) as { seen: number[] };
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => 2 * (i + 1)));
  expect(counted.engine.events - plain.engine.events).toBe(100);
  expect(counted.decisionHash).toBe(plain.decisionHash);
});

test.each([
  ['is not there', 'none.mjs', undefined, 'none.mjs: there is no such file'],
  ['does not parse', 'broken.mjs', 'export const subscriptions = [', 'broken.mjs'],
  ['throws', 'throws.mjs', 'throw new Error("no luck");', 'no luck'],
  ['throws no error', 'odd.mjs', 'throw "just a text";', 'just a text'],
  ['exports no subscriptions', 'empty.mjs', 'export const a = 1;', 'no list "subscriptions"'],
  [
    'subscribes to nothing',
    'topicless.mjs',
    'export const subscriptions = [{ handler: "on" }]; export const on = () => {};',
    '{ topic, handler',
  ],
  ['names no function', 'nameless.mjs', 'export const subscriptions = [{ topic: "a.b", handler: "on" }];', 'exports no such function'],
  ['has a bad pattern', 'pattern.mjs', 'export const subscriptions = [{ topic: "A B" }]; export default () => {};', 'pattern.mjs: '],
  [
    'has a bad option',
    'option.mjs',
    'export const subscriptions = [{ topic: "a.b", concurrency: -1 }]; export default () => {};',
    'concurrency',
  ],
])('a module that %s is refused by name', async (_, name, text, message) => {
  const path = text === undefined ? join(folder, name) : file(name, text);

  const refused = run([path]);

  await expect(refused).rejects.toMatchObject({ code: 'QT_APP_HANDLERS_INVALID', message: expect.stringContaining(message) });
});

test('a strategy module that is not there is refused before anything runs', async () => {
  const strategies = { flag: '--set', path: 'strategies', value: [{ kind: 'mine', module: './none.ts' }] };

  const refused = prepareRun({ flags: [...RUN, strategies] });

  await expect(refused).rejects.toMatchObject({ code: 'QT_STRATEGY_MODULE_INVALID', message: expect.stringContaining('./none.ts') });
});
