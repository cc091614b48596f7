import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPattern, checkType, matches } from '../../src/event/index.ts';

const segment = fc.string({ minLength: 1, maxLength: 3, unit: fc.constantFrom('a', 'b', '1') });
const type = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('.'));
const pattern = fc
  .tuple(fc.array(fc.oneof(segment, fc.constant('*')), { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, isOpen]) => [...parts, ...(isOpen ? ['**'] : [])].join('.'));

/** The grammar as a regular expression, to compare with. */
function expression(text: string): RegExp {
  const parts = text.split('.').map((part) => (part === '*' ? '[^.]+' : part === '**' ? '.+' : part));
  return new RegExp(`^${parts.join('\\.')}$`);
}

describe('topics', () => {
  it.each(['a', 'a.b', 'trades.order.partially_filled', 'x1.y-2.z_3'])('%s is a type', (name) => {
    expect(() => checkType(name)).not.toThrow();
    expect(() => checkPattern(name)).not.toThrow();
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'A', 'a b', 'a_', '-a', 'a.*', '**', 'ä', 'a'.repeat(201)])('%j is no type', (name) => {
    expect(() => checkType(name)).toThrow(expect.objectContaining({ code: 'QT_EVENT_TOPIC_INVALID' }));
  });

  it.each(['*', '**', 'a.*', '*.b', 'a.**', 'a.*.c', '*.*.**'])('%s is a pattern', (name) => {
    expect(() => checkPattern(name)).not.toThrow();
  });

  it.each(['', 'a.**.b', '***', 'a*', '**.a', 'a.', 'A.*', null, 5])('%j is no pattern', (name) => {
    expect(() => checkPattern(name as string)).toThrow(expect.objectContaining({ code: 'QT_EVENT_TOPIC_INVALID' }));
  });

  it('match as the grammar says', () => {
    fc.assert(
      fc.property(pattern, type, (wanted, given) => {
        expect(matches(wanted, given), `${wanted} and ${given}`).toBe(expression(wanted).test(given));
      }),
      { numRuns: 1000 },
    );
  });

  it('match everything with **', () => {
    fc.assert(fc.property(type, (given) => matches('**', given)));
  });
});
