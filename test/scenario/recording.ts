import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareRun, type ConfigFlag, type RunResult } from '../../src/app/index.ts';
import type { QtEvent } from '../../src/event/index.ts';

export interface Recording {
  readonly result: RunResult;
  /** All events in commit order. */
  readonly events: QtEvent<object>[];
}

/** Runs the application with settings by path and keeps every event. */
export async function record(settings: Readonly<Record<string, unknown>>): Promise<Recording> {
  const events: QtEvent<object>[] = [];
  const run = await prepareRun({
    flags: toFlags(settings),
    onBus: (bus) => void bus.subscribe('**', (event) => void events.push(event), { group: 'recording', priority: 'HIGH' }),
  });
  const result = await run.execute();
  return { result, events };
}

/** Runs the application with settings by path. */
export async function runWith(settings: Readonly<Record<string, unknown>>): Promise<RunResult> {
  const run = await prepareRun({ flags: toFlags(settings) });
  return run.execute();
}

function toFlags(settings: Readonly<Record<string, unknown>>): ConfigFlag[] {
  return Object.entries(settings).map(([path, value]) => ({ flag: path, path, value }));
}

export function ofType<P extends object>({ events }: Recording, definition: { readonly type: string }): QtEvent<P>[] {
  return events.filter(({ type }) => type === definition.type) as QtEvent<P>[];
}

const DAY_MS = 86_400_000;
const FIRST_DAY_MS = Date.UTC(2021, 0, 1);

/** Two shares that rise together, bar by bar, until one of them opens far below its last close. */
export interface Market {
  readonly days: number;
  /** Bar at which AAA falls, counted from 0; none if it is not given. */
  readonly crashDay?: number;
  /** Open of that bar as a share of the close before, 0..1. */
  readonly crashTo?: number;
}

/** Writes the market as CSV files and returns their paths. */
export function writeMarket({ crashDay = -1, crashTo = 1, days }: Market): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'qt-market-'));
  return ['AAA', 'BBB'].map((symbol) => {
    let before = 100;
    const rows = Array.from({ length: days }, (_, index) => {
      const isCrash = symbol === 'AAA' && index >= crashDay && crashDay >= 0;
      const level = 100 * Math.exp(0.0012 * index + 0.006 * Math.sin(index / 3)) * (isCrash ? crashTo : 1);
      const open = isCrash && index === crashDay ? before * crashTo : before;
      const [high, low] = [Math.max(open, level) * 1.001, Math.min(open, level) * 0.999];
      const day = new Date(FIRST_DAY_MS + index * DAY_MS).toISOString().slice(0, 10);
      before = level;
      return [day, open.toFixed(2), high.toFixed(2), low.toFixed(2), level.toFixed(2), 1_000_000 + 1000 * index].join(',');
    });
    const path = join(folder, `${symbol}.csv`);
    writeFileSync(path, `date,open,high,low,close,volume\n${rows.join('\n')}\n`);
    return path;
  });
}

/** Settings that read such a market. */
export function marketSettings(market: Market): Record<string, unknown> {
  return { 'feed.kind': 'csv', 'feed.files': writeMarket(market), 'feed.zone': 'UTC', 'feed.timeframe': '1d' };
}
