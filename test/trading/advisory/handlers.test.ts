import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { EventInput, QtEvent } from '../../../src/event/index.ts';
import { MarketCandleNew, RegimeClassificationUpdate, SignalGenerated, SignalsAdvisoryNew } from '../../../src/model/index.ts';
import { advisoryComponent } from '../../../src/trading/advisory/index.ts';
import { regimeComponent } from '../../../src/trading/regime/index.ts';
import { signalComponent } from '../../../src/trading/signal/index.ts';
import { strategyComponent } from '../../../src/trading/strategy/index.ts';
import { runChain, wanderingCandles } from '../../support/chain.ts';
import { loadHandler } from '../../support/handler-context.ts';

const EMA_CROSS = { strategies: [{ kind: 'ema_cross' }, { kind: 'macd' }] };

test('the four handlers, loaded as a worker thread loads them, take candles to advice', async () => {
  const components = [regimeComponent(), strategyComponent(EMA_CROSS), signalComponent(), advisoryComponent()];
  const handlers = await Promise.all(components.map((component) => loadHandler(component)));
  const links = components.map(({ patterns, broadcast }, i) => ({
    patterns: [...patterns, ...broadcast],
    step: handlers[i] as (typeof handlers)[0],
  }));

  const log = runChain(links, wanderingCandles('handlers', 1_000, { drift: 0.0004 }));

  const types = new Set(log.map((event) => event.type));
  expect(types).toContain(RegimeClassificationUpdate.type);
  expect(types).toContain(SignalGenerated.type);
  expect(log.filter((event) => event.type === SignalsAdvisoryNew.type).length).toBeGreaterThan(0);
});

test('two symbols in one instance, or each in its own, give the same events for each symbol', async () => {
  const [both, first, second] = await Promise.all([run(['AAA', 'BBB']), run(['AAA']), run(['BBB'])]);

  expect(both.get('AAA')?.length).toBeGreaterThan(0);
  expect(both.get('AAA')).toEqual(first.get('AAA'));
  expect(both.get('BBB')).toEqual(second.get('BBB'));
});

test('advice that took longer than its budget is withdrawn, gate timeout', async () => {
  const components = [regimeComponent(), strategyComponent(EMA_CROSS), signalComponent(), advisoryComponent({ budgetMs: 1 })];
  const handlers = await Promise.all(components.map((component) => loadHandler(component)));
  // A payload whose stop is slow to read stands for a machine that is busy.
  const links = components.map(({ patterns, broadcast }, i) => ({
    patterns: [...patterns, ...broadcast],
    step: (event: QtEvent<object>): EventInput[] => {
      const handle = handlers[i] as (typeof handlers)[0];
      if (i !== 3 || event.type !== SignalGenerated.type) return handle(event);
      const payload = new Proxy(event.payload, {
        get: (target, name, receiver): unknown => {
          if (name === 'stop_loss') for (const until = performance.now() + 2; performance.now() < until;);
          return Reflect.get(target, name, receiver);
        },
      });
      return handle({ ...event, payload });
    },
  }));

  const log = runChain(links, wanderingCandles('handlers', 1_000, { drift: 0.0004 }));

  const answers = log.filter((event) => event.type.startsWith('signals.advisory.'));
  expect(answers.some((event) => (event.payload as { gate_failed?: string }).gate_failed === 'timeout')).toBe(true);
  expect(answers.some((event) => event.type === SignalsAdvisoryNew.type)).toBe(false);
});

test('nothing that the advisory imports leads to a venue or a network', () => {
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, from = ''] of readFileSync(url, 'utf8').matchAll(/from '([^']+)'/g)) {
      if (from.startsWith('.')) visit(new URL(from, url));
      else seen.add(from);
    }
  };

  const folder = new URL('../../../src/trading/advisory/', import.meta.url);
  for (const name of readdirSync(folder)) visit(new URL(name, folder));

  expect(seen.size).toBeGreaterThan(10);
  expect([...seen].filter((module) => /\/trading\/execution\/|\/streams\/|\/feed\/|^node:(net|http|https|tls|dgram)/.test(module))).toEqual(
    [],
  );
});

async function run(symbols: readonly string[]): Promise<Map<string, unknown[]>> {
  const components = [regimeComponent(), strategyComponent(EMA_CROSS), signalComponent(), advisoryComponent()];
  const handlers = await Promise.all(components.map((component) => loadHandler(component)));
  const links = components.map(({ patterns, broadcast }, i) => ({
    patterns: [...patterns, ...broadcast],
    step: handlers[i] as (typeof handlers)[0],
  }));
  const candles = symbols.map((symbol) =>
    wanderingCandles(symbol, 600, { drift: 0.0004 }).map((input) =>
      MarketCandleNew.create({ ...toCandle(input), symbol }, { timestamp: input.timestamp as number }),
    ),
  );
  const inputs = (candles[0] ?? []).flatMap((_, i) => candles.map((list) => list[i] as EventInput));
  const found = new Map<string, unknown[]>(symbols.map((symbol) => [symbol, []]));
  for (const event of runChain(links, inputs)) {
    if (event.type !== SignalsAdvisoryNew.type && event.type !== RegimeClassificationUpdate.type) continue;
    // Ids follow from sequence numbers, which differ with what else is on the bus.
    const { signal_id: _, symbol, ...rest } = event.payload as { signal_id?: string; symbol: string };
    found.get(symbol)?.push([event.timestamp, event.type, rest]);
  }
  return found;
}

function toCandle(input: EventInput): Parameters<typeof MarketCandleNew.create>[0] {
  return input.payload as Parameters<typeof MarketCandleNew.create>[0];
}
