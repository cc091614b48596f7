import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkNumber,
  checkOneOf,
  createPrng,
  describe as picture,
  hash32,
  hasCode,
  ManualClock,
  QtError,
  systemClock,
  toErrorRecord,
} from '../../src/base/index.ts';
import { oddities } from '../support/oddities.ts';

describe('QtError', () => {
  it('has a code, details, a cause and a plain record', () => {
    const cause = new Error('why');
    const error = new QtError('QT_TEST', 'Cannot do it', { cause, details: { n: 1 } });

    expect(error).toMatchObject({ name: 'QtError', code: 'QT_TEST', message: 'Cannot do it', cause, details: { n: 1 } });
    expect(error.toRecord()).toEqual({ name: 'QtError', code: 'QT_TEST', message: 'Cannot do it', details: { n: 1 } });
    expect(structuredClone(error.toRecord())).toEqual(error.toRecord());
    expect('cause' in new QtError('QT_TEST', 'no cause')).toBe(false);
  });

  it('is known by its code, also from another realm', () => {
    expect(hasCode(new QtError('QT_TEST', ''), 'QT_TEST')).toBe(true);
    expect(hasCode({ code: 'QT_TEST' }, 'QT_TEST')).toBe(true);
    expect([null, undefined, 'QT_TEST', { code: 'QT_OTHER' }].map((value) => hasCode(value, 'QT_TEST'))).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('toErrorRecord', () => {
  it('makes a small plain record of anything, and never throws', () => {
    for (const [name, thrown] of Object.entries(oddities())) {
      const record = toErrorRecord(thrown);
      expect(structuredClone(record), name).toEqual(record);
      expect(record.code, name).toBe('QT_HANDLER_FAILED');
      expect(record.message.length, name).toBeLessThanOrEqual(2000);
    }
  });

  it('keeps name, code and message', () => {
    expect(toErrorRecord(new QtError('QT_TEST', 'text'))).toEqual({ name: 'QtError', code: 'QT_TEST', message: 'text' });
    expect(toErrorRecord('text')).toMatchObject({ message: 'thrown text' });
  });

  it('holds for any value', () => {
    fc.assert(fc.property(fc.anything(), (value) => typeof toErrorRecord(value).message === 'string'));
  });
});

describe('option checks', () => {
  it.each([
    [5, { min: 5, max: 5 }],
    [-1.5, {}],
    [3, { integer: true }],
  ])('take %d within %j', (value, range) => {
    expect(checkNumber('field', value, range)).toBe(value);
  });

  it.each([
    [Number.NaN, {}],
    [Infinity, {}],
    [4.9, { min: 5 }],
    [6, { max: 5 }],
    [1.5, { integer: true }],
    ['5' as unknown as number, {}],
  ])('refuse %s within %j, naming the field', (value, range) => {
    expect(() => checkNumber('the.field', value, range)).toThrow(
      expect.objectContaining({ code: 'QT_OPTION_INVALID', message: expect.stringContaining('the.field') as string }),
    );
  });

  it('take one of a list', () => {
    expect(checkOneOf('field', 'a', ['a', 'b'])).toBe('a');
    expect(() => checkOneOf('field', 'c' as 'a', ['a', 'b'])).toThrow(/field is "c": expected one of a, b/);
  });

  it('picture any value shortly, and never throw', () => {
    for (const [name, value] of Object.entries(oddities())) expect(picture(value).length, name).toBeLessThan(100);
    fc.assert(fc.property(fc.anything(), (value) => picture(value).length < 1000));
  });
});

describe('clocks', () => {
  it('the system clock gives integer microseconds and never runs back', () => {
    const [first, second] = [systemClock.nowUs(), systemClock.nowUs()];

    expect(Number.isSafeInteger(first)).toBe(true);
    expect(second).toBeGreaterThanOrEqual(first);
    expect(Math.abs(first / 1000 - Date.now())).toBeLessThan(5000);
  });

  it('a manual clock stands still until it is moved', () => {
    const clock = new ManualClock(1_000_000);

    expect([clock.nowUs(), clock.nowUs()]).toEqual([1_000_000, 1_000_000]);
    clock.advanceMs(1.5);
    expect([clock.nowUs(), clock.monotonicMs()]).toEqual([1_001_500, 1001.5]);
    clock.setUs(5);
    expect(clock.nowUs()).toBe(5);
  });
});

describe('hash32 and createPrng', () => {
  it('give the same numbers on every machine', () => {
    expect(['', 'BTCUSDT', 'ETHUSDT'].map(hash32)).toEqual([1_572_119_809, 2_838_991_190, 3_185_539_617]);
    const golden = createPrng('golden');
    expect([golden.next(), golden.next(), golden.normal(), golden.integer(1000)]).toEqual([
      0.3517021269071847, 0.5771655766293406, -0.5529673260591857, 467,
    ]);
    const numbers = (name: string): number[] => Array.from({ length: 5 }, createPrng(name).next);
    expect(numbers('a')).toEqual(numbers('a'));
    expect(numbers('a')).not.toEqual(numbers('b'));
  });

  it('spread keys over few owners evenly', () => {
    for (const owners of [2, 3, 4, 7]) {
      const counts = Array.from({ length: owners }, () => 0);
      for (let i = 0; i < 7000; i++) counts[hash32(`SYM${i}`) % owners]!++;
      for (const count of counts) expect(Math.abs(count / (7000 / owners) - 1), `${owners} owners`).toBeLessThan(0.1);
    }
  });

  it('give uniform, normal and bounded numbers', () => {
    const prng = createPrng('moments');
    const uniform = Array.from({ length: 20_000 }, () => prng.next());
    const normal = Array.from({ length: 20_000 }, () => prng.normal());
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

    expect(uniform.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(mean(uniform)).toBeCloseTo(0.5, 1);
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map((value) => value * value))).toBeCloseTo(1, 1);
    expect(new Set(Array.from({ length: 200 }, () => prng.integer(3)))).toEqual(new Set([0, 1, 2]));
  });
});
