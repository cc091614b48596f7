import { expect, test } from 'vitest';
import { correlation, mean, normalCdf, normalInverse, populationStdev, quantile, sampleStdev } from '../../src/quant/index.ts';

const RETURNS = [0.01, -0.02, 0.015, 0, -0.005, 0.03, -0.01, 0.02];

test('mean and sample deviation of eight returns (W8)', () => {
  expect(mean(RETURNS)).toBeCloseTo(0.005, 12);
  expect(sampleStdev(RETURNS)).toBeCloseTo(0.016690459, 9);
});

test('the population deviation of four model votes (W11)', () => {
  expect(populationStdev([0.8, 0.75, 0.7, 0.85])).toBeCloseTo(0.055902, 6);
});

test('what is undefined is null, never NaN', () => {
  expect(mean([])).toBeNull();
  expect(sampleStdev([1])).toBeNull();
  expect(populationStdev([])).toBeNull();
  expect(quantile([], 0.5)).toBeNull();
  expect(correlation([1, 2], [3, 3])).toBeNull();
  expect(correlation([1], [2])).toBeNull();
});

test('quantile interpolates between the neighbours', () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([4, 1, 3, 2], 0)).toBe(1);
  expect(quantile([4, 1, 3, 2], 1)).toBe(4);
  expect(quantile([10, 20, 30, 40, 50], 0.95)).toBeCloseTo(48, 12);
});

test('correlation is 1 and -1 on lines and follows Pearson between', () => {
  expect(correlation([1, 2, 3], [10, 20, 30])).toBeCloseTo(1, 12);
  expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  expect(correlation([1, 2, 3, 4], [1, 3, 2, 4])).toBeCloseTo(0.8, 12);
});

test('normalCdf is right to 1e-14 in the middle and relatively in the tails', () => {
  expect(normalCdf(0)).toBe(0.5);
  expect(normalCdf(1.234)).toBeCloseTo(0.8913985478784757, 14);
  expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 14);
  expect(normalCdf(-6) / 9.865876450377012e-10).toBeCloseTo(1, 12);
  expect(normalCdf(-10) / 7.619853024160593e-24).toBeCloseTo(1, 12);
});

test('normalInverse undoes normalCdf', () => {
  for (const p of [1e-12, 1e-4, 0.02425, 0.3, 0.5, 0.7, 0.975, 0.9999]) {
    expect(normalCdf(normalInverse(p)) / p, `p = ${p}`).toBeCloseTo(1, 12);
  }
  expect(normalInverse(0.975)).toBeCloseTo(1.959963984540054, 14);
  expect(normalInverse(0)).toBe(-Infinity);
  expect(normalInverse(1)).toBe(Infinity);
  expect(normalInverse(1.1)).toBeNaN();
});
