import { describe, expect, it } from 'vitest';
import { allDefinitions, defineEvent, definitionOf, laneOf, moduleHandler, PRIORITIES, RejectEvent, Type } from '../../src/event/index.ts';

const Payload = Type.Object({ symbol: Type.String(), size: Type.Number({ exclusiveMinimum: 0 }), note: Type.Optional(Type.String()) });
const Sample = defineEvent('test-definition.sample', { payload: Payload, priority: 'HIGH', key: (payload) => payload.symbol });

describe('defineEvent', () => {
  it('keeps fields in the order of the schema, and what the spec says', () => {
    expect(Sample).toMatchObject({ type: 'test-definition.sample', version: 1, priority: 'HIGH', fields: ['symbol', 'size', 'note'] });
    expect(Sample.keyOf?.({ symbol: 'A', size: 1 })).toBe('A');
    expect(definitionOf('test-definition.sample')).toBe(Sample);
    expect(allDefinitions()).toContain(Sample);
  });

  it('fills in what the spec leaves out', () => {
    const plain = defineEvent('test-definition.plain', { payload: Type.Object({}) });

    expect(plain).toMatchObject({ priority: 'NORMAL', keyOf: null, retentionMs: null, maxLength: null, rateLimit: null, publishers: [] });
  });

  it('may be said twice, but not with another schema', () => {
    expect(() => defineEvent('test-definition.sample', { payload: Payload })).not.toThrow();
    expect(() => defineEvent('test-definition.sample', { payload: Type.Object({ other: Type.String() }) })).toThrow(
      expect.objectContaining({ code: 'QT_EVENT_REDEFINED' }),
    );
    expect(() => defineEvent('test-definition.sample', { payload: Payload, version: 2 })).toThrow(
      expect.objectContaining({ code: 'QT_EVENT_REDEFINED' }),
    );
  });

  it.each([
    ['a bad name', 'Not.Lower', { payload: Payload }, 'QT_EVENT_TOPIC_INVALID'],
    ['no object schema', 'test-definition.bad', { payload: Type.String() }, 'QT_EVENT_DEFINITION_INVALID'],
    ['an unknown priority', 'test-definition.bad', { payload: Payload, priority: 'URGENT' }, 'QT_OPTION_INVALID'],
    ['version 0', 'test-definition.bad', { payload: Payload, version: 0 }, 'QT_OPTION_INVALID'],
  ])('refuses %s', (_what, type, spec, code) => {
    expect(() => defineEvent(type, spec as never)).toThrow(expect.objectContaining({ code }));
    expect(definitionOf('test-definition.bad')).toBeUndefined();
  });
});

describe('EventDefinition.create', () => {
  it('makes a frozen draft with its options', () => {
    const draft = Sample.create({ symbol: 'A', size: 1 }, { timestamp: 5, source: 'desk' });

    expect(draft).toMatchObject({ type: 'test-definition.sample', timestamp: 5, source: 'desk', payload: { symbol: 'A', size: 1 } });
    expect([Object.isFrozen(draft), Object.isFrozen(draft.payload)]).toEqual([true, true]);
  });

  it.each([
    [{ symbol: 'A' }, 'size', 'is missing'],
    [{ symbol: 5, size: 1 }, 'symbol', 'got 5'],
    [{ symbol: 'A', size: 0 }, 'size', 'got 0'],
    [{ symbol: 'A', size: Number.NaN }, 'size', 'got NaN'],
  ])('refuses %j and names the field', (payload, field, words) => {
    expect(() => Sample.create(payload as never)).toThrow(
      expect.objectContaining({
        code: 'QT_EVENT_PAYLOAD_INVALID',
        details: { type: Sample.type, field },
        message: expect.stringContaining(words) as string,
      }),
    );
  });
});

describe('the small words', () => {
  it('lanes follow the priorities', () => {
    expect(PRIORITIES.map(laneOf)).toEqual([0, 1, 2, 3]);
  });

  it('moduleHandler names a module, its export and its instance', () => {
    const url = new URL('file:///handlers/a.ts');

    expect(moduleHandler(url)).toEqual({ kind: 'module', url: url.href, exportName: 'default', options: undefined, instance: url.href });
    expect(moduleHandler(url.href, 'onA', { options: { n: 1 }, instance: 'i' })).toMatchObject({
      exportName: 'onA',
      options: { n: 1 },
      instance: 'i',
    });
    expect(() => moduleHandler('./relative.ts')).toThrow(TypeError);
  });

  it('RejectEvent carries its code over', () => {
    expect(new RejectEvent('no')).toMatchObject({ name: 'RejectEvent', code: 'QT_EVENT_REJECTED', message: 'no' });
  });
});
