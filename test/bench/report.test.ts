import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import config from '../../bench.config.ts';
import { CASES } from '../../bench/catalogue.ts';
import type { CaseReport, Plot } from '../../bench/case.ts';
import type { CaseOutcome } from '../../bench/harness/isolate.ts';
import { latencyFigures } from '../../bench/harness/latency-figures.ts';
import { spreadOf } from '../../bench/harness/statistics.ts';
import { exitCodeOf, judge } from '../../bench/report/gates.ts';
import { htmlReport } from '../../bench/report/html.ts';
import { writeJson, type RunReport } from '../../bench/report/json.ts';
import { scaleOf } from '../../bench/report/scale.ts';
import { caseLines, gateLines } from '../../bench/report/table.ts';

const plot: Plot = {
  title: 'Throughput <by> size',
  x: { label: 'payload, bytes', scale: 'log' },
  y: { label: 'events per second', scale: 'log' },
  series: [
    {
      name: 'bus & friends',
      points: [
        { x: 16, y: 2_000_000, low: 1_900_000, high: 2_100_000 },
        { x: 65_536, y: 30_000 },
      ],
    },
    { name: 'other', points: [{ x: 16, y: 400_000 }] },
  ],
};

function outcome(report: CaseReport): CaseOutcome {
  return { name: 'ring', settings: { rounds: 3 }, elapsedMs: 1200, status: 'done', question: 'Is it drawn?', report };
}

function reportOf(cases: readonly CaseOutcome[]): RunReport {
  const machine = {
    processor: 'Test <CPU>',
    cores: 4,
    memoryGb: 8,
    platform: 'linux x64',
    node: 'v26.0.0',
    load: 0.1,
    at: '2026-01-02T03:04:05.000Z',
    commit: 'abc1234',
  };
  return { machine, mode: 'quick', cases, gates: [] };
}

const figures = { 'events/s': spreadOf([100, 400, 200]) };
const drawn = reportOf([
  outcome({ subjects: [{ name: 'bus', figures }], ratios: [], plots: [plot] }),
  outcome({
    subjects: [{ name: 'bars', figures, note: 'same thread' }],
    ratios: [],
    skipped: [{ subject: 'mitt', reason: 'mitt is not installed' }],
  }),
]);

describe('the HTML report', () => {
  const html = htmlReport(drawn);

  test('draws every point of a plot, with its value', () => {
    const marks = [...html.matchAll(/<circle [^>]*data-x="([^"]*)" data-y="([^"]*)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

    expect(marks).toEqual([
      [16, 2_000_000],
      [65_536, 30_000],
      [16, 400_000],
    ]);
  });

  test('draws the first figure as bars where a case has no plot', () => {
    expect(html).toMatch(/<rect [^>]*data-y="200"/);
  });

  test('names the axes with their units, the machine, the commit, and who was left out', () => {
    for (const text of [
      'payload, bytes',
      'events per second',
      'Test &lt;CPU&gt;',
      'abc1234',
      'skipped mitt: mitt is not installed',
      'bars: same thread',
    ]) {
      expect(html, text).toContain(text);
    }
  });

  test('is well formed: every element that is opened is closed, in order', () => {
    const open: string[] = [];
    const body = html.replace(/<!doctype html>/, '').replaceAll(/<(script|style)\b[^>]*>.*?<\/\1>/gs, '');
    for (const [, slash, name, rest] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/g)) {
      if (slash === '/') expect(open.pop()).toBe(name);
      else if (!rest!.endsWith('/') && !['meta', 'br'].includes(name!)) open.push(name!);
    }

    expect(open).toEqual([]);
  });

  test('loads nothing and runs no script, and holds the whole report as data', () => {
    expect(html).not.toMatch(/\b(src|href)=|url\(|@import|https?:\/\//);
    expect([...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag)).toEqual(['<script type="application/json" id="report">']);
    const data = /<script[^>]*>(.*?)<\/script>/s.exec(html)?.[1] ?? '';
    expect(JSON.parse(data)).toEqual(JSON.parse(JSON.stringify(drawn)));
  });

  test('keeps every mark inside its picture', () => {
    for (const [, x, y] of html.matchAll(/<circle [^>]*cx="([^"]*)" cy="([^"]*)"/g)) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(x)).toBeLessThanOrEqual(720);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeLessThanOrEqual(360);
    }
  });
});

describe('a scale', () => {
  test('has ticks that hold all values, and places them in order', () => {
    for (const values of [
      [3, 17],
      [16, 65_536],
      [100, 100],
      [1, 2e6],
      [0.2, 0.9],
    ]) {
      for (const kind of ['linear', 'log'] as const) {
        const scale = scaleOf(kind, values);
        const places = values.map((value) => scale.at(value));

        expect(Math.min(...places), `${kind} ${values.join(' ')}`).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.max(...places), `${kind} ${values.join(' ')}`).toBeLessThanOrEqual(1 + 1e-9);
        expect(places.toSorted((a, b) => a - b)).toEqual(places);
        expect(scale.ticks.length).toBeGreaterThan(1);
      }
    }
  });
});

describe('files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'qt-bench-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('are whole, and nothing else is left beside them', () => {
    const file = join(folder, 'report.json');

    writeJson(file, drawn);

    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(drawn)));
    expect(readdirSync(folder)).toEqual(['report.json']);
  });
});

describe('gates', () => {
  const gate = { case: 'ring', subject: 'ours', reference: 'mitt', figure: 'p50 us', atMost: 1, because: 'a test' } as const;
  const measured = (samples: number[]): CaseOutcome =>
    outcome({ subjects: [], ratios: [{ subject: 'ours', reference: 'mitt', figure: 'p50 us', ratio: spreadOf(samples) }] });

  test('may be upper bounds', () => {
    expect(judge([gate], [measured([0.8, 0.9, 3])])[0]?.state).toBe('met');
    expect(judge([gate], [measured([0.8, 1.1, 3])])[0]?.state).toBe('missed');
  });

  test('are skipped, with the reason, where a peer or what the case needs is not there', () => {
    const withoutPeer = judge(
      [gate],
      [outcome({ subjects: [], ratios: [], skipped: [{ subject: 'mitt', reason: 'mitt is not installed' }] })],
    );
    const withoutCase = judge([gate], [{ name: 'ring', settings: {}, elapsedMs: 1, status: 'skipped', question: '', reason: 'no Redis' }]);

    expect(withoutPeer[0]).toMatchObject({ state: 'skipped', reason: 'mitt is not installed' });
    expect(withoutCase[0]).toMatchObject({ state: 'skipped', reason: 'no Redis' });
    expect(exitCodeOf([], [...withoutPeer, ...withoutCase], true)).toBe(0);
    expect(gateLines(withoutPeer)).toContain('mitt is not installed');
  });

  test('are missed when the case failed', () => {
    const failed: CaseOutcome = { name: 'ring', settings: {}, elapsedMs: 1, status: 'failed', message: 'lost one' };

    expect(judge([gate], [failed])[0]?.state).toBe('missed');
  });
});

describe('the configuration', () => {
  test('has settings for every case in both modes, and none for others', () => {
    const names = CASES.map(({ name }) => name).sort();

    expect(Object.keys(config.settings.full).sort()).toEqual(names);
    expect(Object.keys(config.settings.quick).sort()).toEqual(names);
  });
});

test('a percentile that the samples cannot know is left out', () => {
  const known = (length: number): string[] => Object.keys(latencyFigures([Float64Array.from({ length }, (_, i) => i)]));

  expect(known(50)).toEqual(['p50 us', 'p90 us', 'max us']);
  expect(known(1000)).toEqual(['p50 us', 'p90 us', 'p99 us', 'p99.9 us', 'max us']);
});

test('a skipped case says why in the text, too', () => {
  expect(caseLines({ name: 'brokers', settings: {}, elapsedMs: 1, status: 'skipped', question: 'Q?', reason: 'no Redis' })).toContain(
    'skipped: no Redis',
  );
});
