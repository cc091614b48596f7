import { describe, expect, test } from 'vitest';
import { renderCurve } from '../../src/observe/index.ts';

describe('renderCurve', () => {
  test('draws a rising line in plain characters', () => {
    expect(renderCurve([1, 2, 3], { width: 3, height: 3, style: 'ascii' })).toEqual(['  *', ' **', '** ']);
  });

  test('draws the same line in braille at eight points a character', () => {
    const lines = renderCurve([1, 2, 3, 4], { width: 2, height: 1, style: 'braille' });

    expect(lines).toEqual(['⣠⠞']);
  });

  test('fills the area below in blocks', () => {
    expect(renderCurve([0, 7], { width: 2, height: 1, style: 'block' })).toEqual(['▁█']);
    expect(renderCurve([0, 15], { width: 2, height: 2, style: 'block' })).toEqual([' █', '▁█']);
  });

  test('puts the highest and lowest value before the first and last line', () => {
    const lines = renderCurve([90, 110], { width: 2, height: 3, style: 'ascii', label: (value) => `${value}` });

    expect(lines.map((line) => line.slice(0, 3))).toEqual(['110', '   ', ' 90']);
  });

  test('keeps a single spike among many values', () => {
    const values = Array.from({ length: 5000 }, (_, index) => (index === 2345 ? 100 : 0));

    const lines = renderCurve(values, { width: 20, height: 5, style: 'ascii' });

    expect(lines[0]?.trim()).toMatch(/^\*+$/);
    expect(lines.every((line) => line.length === 20)).toBe(true);
  });

  test.each(['braille', 'block', 'ascii'] as const)('draws a flat line, one value and numbers that are none in %s', (style) => {
    for (const values of [[5, 5, 5], [5], [Number.NaN, 5, Infinity]]) {
      const lines = renderCurve(values, { width: 8, height: 4, style });
      expect(lines).toHaveLength(4);
      expect(lines.every((line) => line.length === 8)).toBe(true);
      expect(lines.join('').trim()).not.toBe('');
    }
  });

  test('draws nothing for nothing and refuses a size that cannot be', () => {
    expect(renderCurve([])).toEqual([]);
    expect(() => renderCurve([1], { width: 0 })).toThrow('width');
  });
});
