import { describe, expect, it } from 'vitest';
import type { FilterRule, QtEvent } from '../../src/index.ts';
import { compileFilter } from '../../src/engine/filter.ts';

const event = { payload: { n: 5, text: 'b', nested: { deep: true }, none: null } } as unknown as QtEvent;

describe('compileFilter', () => {
  it.each<[FilterRule, boolean]>([
    [{ field: 'n', op: '==', value: 5 }, true],
    [{ field: 'n', op: '==', value: '5' }, false],
    [{ field: 'n', op: '!=', value: 6 }, true],
    [{ field: 'n', op: '<', value: 5 }, false],
    [{ field: 'n', op: '<=', value: 5 }, true],
    [{ field: 'n', op: '>', value: 4 }, true],
    [{ field: 'n', op: '>=', value: 6 }, false],
    [{ field: 'text', op: 'in', value: ['a', 'b'] }, true],
    [{ field: 'text', op: 'in', value: [] }, false],
    [{ field: 'nested.deep', op: '==', value: true }, true],
    [{ field: 'nested.deep.deeper', op: 'exists' }, false],
    [{ field: 'none', op: 'exists' }, true],
    [{ field: 'none.of.this', op: '==', value: undefined }, true],
    [{ field: 'missing', op: '>', value: 0 }, false],
  ])('%j is %s', (rule, wanted) => {
    expect(compileFilter(rule)(event)).toBe(wanted);
  });

  it('of several rules asks for all', () => {
    const rules: FilterRule[] = [
      { field: 'n', op: '>', value: 0 },
      { field: 'text', op: '==', value: 'c' },
    ];

    expect(compileFilter(rules)(event)).toBe(false);
    expect(compileFilter(rules.slice(0, 1))(event)).toBe(true);
    expect(compileFilter([])(event)).toBe(true);
  });
});
