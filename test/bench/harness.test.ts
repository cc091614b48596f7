import { describe, expect, test } from 'vitest';
import config from '../../bench.config.ts';
import { CASES, selectCases } from '../../bench/catalogue.ts';
import { alternate, type Subject } from '../../bench/harness/alternate.ts';
import { runIsolated, type CaseOutcome } from '../../bench/harness/isolate.ts';
import { LatencyLog } from '../../bench/harness/latency-log.ts';
import { sendPaced } from '../../bench/harness/pace.ts';
import { nowUs } from '../../bench/harness/shared-clock.ts';
import { spreadOf } from '../../bench/harness/statistics.ts';
import { Tally } from '../../bench/harness/tally.ts';
import { exitCodeOf, judge } from '../../bench/report/gates.ts';
import { caseLines } from '../../bench/report/table.ts';
import { checksumOfInputs, createInputs, tradeOf } from '../../bench/trade.ts';

const inputs = createInputs();

/** A tally that was told to expect 10 events and got these. */
function tallyOf(numbers: readonly number[]): Tally {
  const tally = new Tally();
  tally.expect(10);
  for (const number of numbers) tally.add(tradeOf(number));
  return tally;
}

const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('Tally', () => {
  test('accepts every event once, in any order', async () => {
    const tally = tallyOf(ten.toReversed());

    await tally.wait();

    tally.check(10, checksumOfInputs(inputs, 10));
  });

  test.each([
    ['too few', ten.slice(1), 'events at the receiver: 9 instead of 10'],
    ['too many', [...ten, 3], 'events at the receiver: 11 instead of 10'],
    ['others than were sent', [...ten.slice(1), 9], 'checksum at the receiver'],
  ])('refuses %s', (_what, numbers, message) => {
    expect(() => tallyOf(numbers).check(10, checksumOfInputs(inputs, 10))).toThrow(message);
  });

  test('gives up on events that never come, and says how many did', async () => {
    await expect(tallyOf([1, 2]).wait(5)).rejects.toThrow('the receiver has 2 of 10 events');
  });
});

describe('alternate', () => {
  function subject(name: string, log: string[], check: () => void = () => {}): Subject {
    return { name, events: 10, prepare: () => log.push(`prepare ${name}`), run: () => void log.push(name), check };
  }

  test('runs the subjects in turns, another first each round, and leaves out the rounds that warm up', async () => {
    const log: string[] = [];

    const rounds = await alternate([subject('a', log), subject('b', log)], { warmUps: 1, rounds: 2 });

    expect(log.filter((entry) => !entry.startsWith('prepare'))).toEqual(['a', 'b', 'b', 'a', 'a', 'b']);
    expect([...rounds].map(([name, { ns, cpuNs }]) => [name, ns.length, cpuNs.length])).toEqual([
      ['a', 2, 2],
      ['b', 2, 2],
    ]);
  });

  test('fails when a check fails, whatever was measured', async () => {
    const failing = (): void => tallyOf([1]).check(10, 0);

    await expect(alternate([subject('a', [], failing)], { warmUps: 0, rounds: 1 })).rejects.toThrow('1 instead of 10');
  });
});

describe('LatencyLog and sendPaced', () => {
  test('count latency from the time an event should have been sent, also when it was late', async () => {
    const log = LatencyLog.ofCapacity(3);
    const trades = [0, 100, 200].map((due, i) => tradeOf(i, due));

    await sendPaced(
      trades.map(({ ts }) => ts),
      (startUs) => log.start(startUs),
      (i) => {
        // The first one blocks the sender until the last one is overdue by far.
        if (i === 0) for (const start = nowUs(); nowUs() - start < 5000;);
        log.add(trades[i]!);
      },
    );

    const sorted = log.sorted(3);
    expect(sorted[0]).toBeGreaterThan(4700);
  });

  test('refuse a receiver that has not got everything', () => {
    const log = LatencyLog.ofCapacity(2);
    log.start(nowUs());
    log.add(tradeOf(0, 0));

    expect(() => log.sorted(2)).toThrow('events at the receiver: 1 instead of 2');
  });

  test('refuse an arrival before the event was sent', () => {
    const log = LatencyLog.ofCapacity(1);
    log.start(nowUs() + 1e6);
    log.add(tradeOf(0, 0));

    expect(() => log.sorted(1)).toThrow('before it was sent');
  });
});

describe('a case in its own process', () => {
  const run = (name: string): Promise<CaseOutcome> =>
    runIsolated({ name, url: new URL(`./_${name}.ts`, import.meta.url).href, settings: { rounds: 1 }, timeoutMs: 15_000 });

  test('whose receiver is one event short has failed, and so has the run', async () => {
    const outcome = await run('short-case');

    expect(outcome).toMatchObject({ status: 'failed', message: 'events at the receiver: 99 instead of 100' });
    expect(caseLines(outcome)).toContain('FAILED: events at the receiver');
    expect(exitCodeOf([outcome], [], false)).toBe(1);
  });

  test('that ends without a result has failed, even with code 0', async () => {
    expect(await run('crashing-case')).toMatchObject({ status: 'failed', message: 'its process ended with code 0 and no result' });
  });
});

describe('gates', () => {
  const gate = { case: 'ring', subject: 'ours', reference: 'theirs', figure: 'events/s', atLeast: 4, because: 'a test' } as const;
  const outcome = (samples: number[]): CaseOutcome => ({
    name: 'ring',
    settings: {},
    elapsedMs: 1,
    status: 'done',
    question: '',
    report: { subjects: [], ratios: [{ subject: 'ours', reference: 'theirs', figure: 'events/s', ratio: spreadOf(samples) }] },
  });

  test('are met by the median, and a missed one ends the run with 1 only when gates count', () => {
    const met = judge([gate], [outcome([3, 4, 9])]);
    const missed = judge([gate], [outcome([3, 3.9, 9])]);

    expect([met[0]?.state, missed[0]?.state]).toEqual(['met', 'missed']);
    expect([exitCodeOf([], met, true), exitCodeOf([], missed, true), exitCodeOf([], missed, false)]).toEqual([0, 1, 0]);
  });

  test('are missed when their ratio was not measured, and left alone when their case did not run', () => {
    expect(judge([{ ...gate, subject: 'nobody' }], [outcome([9])])[0]).toMatchObject({ ratio: null, state: 'missed' });
    expect(judge([gate], [])).toEqual([]);
  });

  test('of the configuration name cases that exist', () => {
    const names = CASES.map(({ name }) => name);

    expect(config.gates.map((each) => each.case).filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('the catalogue', () => {
  test('finds cases by a part of their name, a folder, or a pattern', () => {
    const names = (...words: string[]): string[] => selectCases(words).map(({ name }) => name);

    expect(names('micro/')).toEqual(['ring', 'codec']);
    expect(names('fan*t', 'ping')).toEqual(['ping-pong', 'fan-out']);
    expect(names('no-such-case')).toEqual([]);
    expect(names()).toHaveLength(CASES.length);
  });

  test('names modules that exist and are that case', async () => {
    for (const { load, name } of CASES) {
      const { bench } = await load();

      expect(bench.name).toBe(name);
      expect(bench.question, name).toMatch(/\?$/);
    }
  });
});
