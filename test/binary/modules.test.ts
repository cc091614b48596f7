import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { binary, emptyFolder } from './_qt.ts';

/** Three modules, each in the way its kind of file is written, that pass an event on. */
const MODULES = {
  'first.ts': `
    import { defineEvent, Type, type HandlerContext, type QtEvent } from 'quantum-trader';
    const Seen = defineEvent('mine.day.seen', { payload: Type.Object({ n: Type.Integer() }) });
    export const subscriptions = [{ topic: 'system.day.rolled', handler: 'onDay', concurrency: 1 }];
    export function setup(): { n: number } { return { n: 0 }; }
    export function onDay(event: QtEvent, ctx: HandlerContext<{ n: number }>): void { ctx.publish(Seen.create({ n: ++ctx.state.n })); }`,
  'second.mjs': `
    import { threadId } from 'node:worker_threads';
    import { publishOn } from './_shared.mjs';
    await null;
    export const subscriptions = [{ topic: 'mine.day.seen' }];
    export default (event, ctx) => publishOn('mine.day.passed', event, ctx, threadId);`,
  '_shared.mjs': `
    import * as trading from 'quantum-trader/trading';
    export const publishOn = (type, event, ctx, thread) =>
      ctx.publish({ type, payload: { n: event.payload.n, thread, doors: Object.keys(trading).length } });`,
  'third.cjs': `
    const { RejectEvent } = require('quantum-trader');
    exports.subscriptions = [{ topic: ['mine.day.passed'], handler: 'onPassed' }];
    exports.onPassed = (event, ctx) => {
      if (event.payload.n === 3) throw new RejectEvent('three is refused');
      ctx.publish({ type: 'mine.day.counted', payload: event.payload });
    };`,
  'strategy.ts': `
    import { strategyKind, type Bar, type Proposal } from 'quantum-trader/trading';
    export const kind = strategyKind({
      parameters: { every: { default: 10, min: 2, max: 100, integer: true, description: 'Bars between proposals' } },
      create: ({ every }) => {
        let bars = 0;
        return {
          warmupBars: 20,
          update: (bar: Bar): Proposal | null =>
            ++bars % every === 0 ? { direction: 'LONG', type: 'GENERIC', strength: 8, reason: 'its turn', facts: { bars } } : null,
        };
      },
    });`,
} as const;

const RUN = ['run', '--feed', 'synthetic', '--symbols', 'A,B', '--bars', '3000', '--quiet', '--json'];

test.each([['paper'], ['backtest']])('handlers in .ts, .mjs and .cjs on disk take part in a %s run', (mode) => {
  using folder = emptyFolder();
  for (const [name, text] of Object.entries(MODULES)) writeFileSync(join(folder.path, name), text);
  const handlers = ['first.ts', './second.mjs', join(folder.path, 'third.cjs')].flatMap((path) => ['--handlers', path]);

  const { status, stderr, stdout } = binary([...RUN, '--mode', mode, ...handlers, '--events', 'events.ndjson'], folder.path);

  const events = readFileSync(join(folder.path, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const count = (type: string): number => events.filter((event) => event.type === type).length;
  const days = count('system.day.rolled');
  // One event was given up on purpose, which the exit code says.
  expect(status, stderr).toBe(3);
  expect(days).toBeGreaterThanOrEqual(3);
  expect(['mine.day.seen', 'mine.day.passed', 'mine.day.counted'].map(count)).toEqual([days, days, days - 1]);
  const [passed] = events.filter((event) => event.type === 'mine.day.passed');
  expect(passed.payload.thread > 0, 'on a thread of its own').toBe(mode === 'paper');
  expect(passed.payload.doors).toBeGreaterThan(10);
  expect(JSON.parse(stdout).engine.deadLettered).toBe(1);
});

test('a strategy in .ts on disk trades, the same on threads and without', () => {
  using folder = emptyFolder();
  writeFileSync(join(folder.path, 'strategy.ts'), MODULES['strategy.ts']);
  const strategy = ['--set', 'strategies=[{"kind":"mine","module":"./strategy.ts","parameters":{"every":7}}]'];

  const reports = ['paper', 'backtest'].map((mode) => {
    const { status, stderr, stdout } = binary([...RUN, '--mode', mode, ...strategy, '--events', `${mode}.ndjson`], folder.path);
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  });

  expect(readFileSync(join(folder.path, 'paper.ndjson'), 'utf8')).toContain('its turn');
  expect(reports[0].decisionHash).toBe(reports[1].decisionHash);
});

test('the licences of all that is inside are inside', () => {
  using folder = emptyFolder();
  writeFileSync(join(folder.path, 'notice.cjs'), "process.stdout.write(require('node:sea').getAsset('NOTICE', 'utf8')); process.exit(0);");

  const { stdout } = binary(['run', '--handlers', 'notice.cjs'], folder.path);

  for (const name of ['piscina', 'msgpackr', 'commander', 'typebox', 'vega-datasets', 'Node.js']) expect(stdout).toContain(name);
});
