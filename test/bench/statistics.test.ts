import { expect, test } from 'vitest';
import { percentileOf, ratioOf, spreadOf } from '../../bench/harness/statistics.ts';

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test('the median of an odd number of rounds is a round that happened, and the spread its extremes', () => {
  expect(spreadOf([9, 2, 5])).toEqual({ median: 5, min: 2, max: 9, samples: [9, 2, 5] });
});

test('the median of an even number of rounds lies between the middle two', () => {
  expect(spreadOf([4, 1, 8, 2]).median).toBe(3);
});

test('numbers are sorted by value, not as text', () => {
  expect(spreadOf([100, 9, 20])).toMatchObject({ median: 20, min: 9, max: 100 });
});

test('a ratio is taken round by round: noise that hits both subjects of a round leaves it alone', () => {
  const reference = [100, 400, 100];
  const subject = [50, 200, 40];

  expect(ratioOf(subject, reference)).toEqual({ median: 0.5, min: 0.4, max: 0.5, samples: [0.5, 0.5, 0.4] });
});

test('rounds that do not pair up are refused', () => {
  expect(() => ratioOf([1, 2], [1])).toThrow('Cannot compare 2 rounds with 1');
});

test('no samples, and samples that are no numbers, are refused', () => {
  expect(() => spreadOf([])).toThrow('no samples');
  expect(() => spreadOf([1, Number.NaN])).toThrow('not all are numbers');
  expect(() => ratioOf([1], [0])).toThrow('not all are numbers');
});

test.each([
  [0.5, 500],
  [0.99, 990],
  [0.999, 999],
  [1, 1000],
  [0.0001, 1],
])('percentile %f of 1 to 1000 is %i', (share, expected) => {
  expect(percentileOf(oneTo(1000), share)).toBe(expected);
});

test('a percentile of few samples is one of them, the upper ones the largest', () => {
  expect(percentileOf([3, 7], 0.5)).toBe(3);
  expect(percentileOf([3, 7], 0.51)).toBe(7);
  expect(percentileOf([3], 0.999)).toBe(3);
});

test('a percentile of nothing, or out of range, is refused', () => {
  expect(() => percentileOf([], 0.5)).toThrow('0 samples');
  expect(() => percentileOf([1], 0)).toThrow('percentile 0');
  expect(() => percentileOf([1], 1.5)).toThrow('percentile 1.5');
});
