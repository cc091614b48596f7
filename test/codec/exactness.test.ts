import { describe, expect, it } from 'vitest';
import { Codec, codeOf, trade } from './support.ts';

const codec = new Codec();

class Money {
  readonly cents = 5;
}
class PriceList extends Array<number> {}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { in: value };
  return value;
}

describe('carried exactly', () => {
  it.each<[string, unknown]>([
    ['zero', 0],
    ['minus zero', -0],
    ['NaN', Number.NaN],
    ['infinities', [Infinity, -Infinity]],
    [
      'the edges of the integer forms',
      [-1, -32, -33, -128, -129, -32_768, -32_769, -2_147_483_648, -2_147_483_649, 127, 128, 255, 256, 65_535, 65_536],
    ],
    ['the edges of the number forms', [4_294_967_295, 4_294_967_296, 2 ** 53, -(2 ** 53), Number.MIN_VALUE, Number.MAX_VALUE, 5e-324, 0.1]],
    ['bigints up to 64 bits', [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 63n, 2n ** 64n - 1n]],
    ['booleans, null and undefined', [true, false, null, undefined]],
    ['an undefined field', { a: undefined, b: 1 }],
    [
      'strings of every form',
      ['', 'a', 'é', '€', '🙂', '\0', 'x'.repeat(31), 'x'.repeat(32), 'é'.repeat(20), 'x'.repeat(255), 'x'.repeat(256), 'y'.repeat(10_000)],
    ],
    [
      'dates',
      [
        new Date(0),
        new Date(1),
        new Date(-1),
        new Date(1_700_000_000_123),
        new Date(8.64e15),
        new Date(-8.64e15),
        new Date(4_294_967_296_000),
      ],
    ],
    ['an invalid date', new Date(Number.NaN)],
    ['bytes', [new Uint8Array([1, 2, 255]), new Uint8Array(0), new Uint8Array(300).fill(7), Buffer.from('abc')]],
    ['floats', [new Float64Array([1.5, 2.5, -0, Number.NaN]), new Float32Array([1.5])]],
    ['integers', [new Int32Array([-5, 2 ** 31 - 1]), new Uint16Array([65_535]), new Int8Array([-1]), new Uint8ClampedArray([255])]],
    [
      'more integers',
      [new Int16Array([-2]), new Uint32Array([2 ** 32 - 1]), new BigInt64Array([-1n]), new BigUint64Array([2n ** 64n - 1n])],
    ],
    ['a part of a larger typed array', new Float64Array([1, 2, 3, 4]).subarray(1, 3)],
    ['empty containers', [[], {}, [[]], [{}]]],
    [
      'awkward keys',
      { '': 1, constructor: 2, toString: 3, hasOwnProperty: 4, toJSON: 5, '1': 6, 'a.b': 7, é: 8, 'quote"\\\u2028': 9, length: 10 },
    ],
    ['long keys', { ['k'.repeat(31)]: 1, ['k'.repeat(32)]: 2, ['k'.repeat(300)]: 3 }],
    ['many keys', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`key_${i}`, i]))],
    ['64 levels less those around it', nested(60)],
  ])('%s', (_what, value) => {
    for (const back of codec.roundTripEverywhere(value)) expect(back).toStrictEqual(value);
  });

  it('minus zero keeps its sign in every place, and zero gets none', () => {
    const back = codec.roundTrip(codec.trade, { ...trade, pnl: -0, size: 0, more: [-0, 0, { deep: -0 }] });

    expect(back).toStrictEqual({ ...trade, pnl: -0, size: 0, more: [-0, 0, { deep: -0 }] });
    expect(codec.roundTripEverywhere(-0).every((value) => Object.is(value, -0))).toBe(true);
    expect(codec.roundTripEverywhere(0).every((value) => Object.is(value, 0))).toBe(true);
  });

  it('minus zero leaves the payload of the caller alone', () => {
    const payload = { symbol: 'S', levels: [-0, { price: -0 }] };

    codec.roundTrip(codec.book, payload);

    expect(payload).toStrictEqual({ symbol: 'S', levels: [-0, { price: -0 }] });
  });

  it('the order of keys in nested objects', () => {
    const value = { z: 1, a: { y: 1, b: 2 }, m: 3 };

    for (const back of codec.roundTripEverywhere(value)) expect(JSON.stringify(back)).toBe(JSON.stringify(value));
  });

  it('typed arrays are copies of their own, not views of the ring or of an arena', () => {
    const [back] = codec.roundTripEverywhere(new Float64Array([1.5, 2.5])) as Float64Array[];
    const [bytes] = codec.roundTripEverywhere(new Uint8Array([1, 2, 3])) as Uint8Array[];

    expect(back!.buffer).toBeInstanceOf(ArrayBuffer);
    expect([back!.byteOffset, back!.buffer.byteLength, bytes!.buffer.byteLength]).toEqual([0, 16, 3]);
  });

  it('65537 keys, which need the longest map form', () => {
    const large = new Codec(4_000_000);
    const value = Object.fromEntries(Array.from({ length: 65_537 }, (_, i) => [`k${i}`, i]));
    const entry = large.table.addDynamic('codec.any');

    const length = large.encoder.encode(entry, { type: 'codec.any', payload: value }, null);

    expect(length).toBeGreaterThan(65_537 * 4);
    expect(large.decoder.payload(large.encoder.views, 0)).toStrictEqual(value);
  });

  it('data without a prototype, as plain data', () => {
    const value = Object.assign(Object.create(null) as object, { a: 1 });

    for (const back of codec.roundTripEverywhere(value)) expect(back).toStrictEqual({ a: 1 });
  });
});

describe('refused, with the path of the field', () => {
  const cycle: Record<string, unknown> = {};
  cycle['self'] = cycle;
  const loop: unknown[] = [];
  loop.push(loop);

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint above 64 bits', 2n ** 64n],
    ['a bigint below 64 bits', -(2n ** 63n) - 1n],
    ['a Map', new Map([[1, 2]])],
    ['a Set', new Set([1])],
    ['a RegExp', /x/],
    ['an Error', new Error('x')],
    ['a Promise', Promise.resolve()],
    ['a URL', new URL('http://localhost')],
    ['a class instance', new Money()],
    ['a wrapped number', Object(5)],
    ['an array of a class', PriceList.of(1, 2)],
    ['a DataView', new DataView(new ArrayBuffer(8))],
    ['an ArrayBuffer', new ArrayBuffer(8)],
    ['a pretended date', Object.create(Date.prototype)],
    ['a pretended typed array', Object.create(Float64Array.prototype)],
    ['a date with fields', Object.assign(new Date(0), { zone: 'UTC' })],
    ['a cycle of objects', cycle],
    ['a cycle of arrays', loop],
    ['65 levels', nested(65)],
    ['10000 levels', nested(10_000)],
    ['a lone high surrogate', 'a\ud800b'],
    ['a lone low surrogate', '\udc00'],
    ['a lone surrogate in a long string', `${'x'.repeat(100)}\ud83d`],
    ['a lone surrogate in a key', { '\ud800': 1 }],
    // oxlint-disable-next-line no-sparse-arrays -- the case under test
    ['a sparse array', [1, , 3]],
    ['an array with fields', /b/.exec('abc')],
    ['a sparse array whose fields make up for the hole', holeAndField()],
    ['a key that would become the prototype', JSON.parse('{"__proto__": {"admin": true}}')],
    ['a symbol key', { [Symbol('x')]: 1 }],
    [
      'a throwing getter',
      Object.defineProperty({}, 'boom', {
        enumerable: true,
        get: () => {
          throw new Error('boom');
        },
      }),
    ],
    ['a revoked proxy', revoked()],
  ])('%s', (_what, value) => {
    const any = codec.table.addDynamic('codec.any');
    for (const [entry, payload] of [
      [codec.book, { symbol: 'S', levels: [value] }],
      [codec.trade, { ...trade, price: value }],
      [codec.trade, { ...trade, unknown: value }],
      [any, { deep: [{ value }] }],
    ] as const) {
      expect(codeOf(() => codec.send(entry, payload))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
    }
    // The encoder is unharmed.
    expect(codec.roundTrip(codec.trade, trade)).toStrictEqual(trade);
  });

  it('names where it was found', () => {
    const any = codec.table.addDynamic('codec.any');
    const fieldOf = (action: () => unknown): unknown => {
      try {
        action();
        return 'nothing was thrown';
      } catch (error) {
        return (error as { details: { field: string } }).details.field;
      }
    };

    expect(fieldOf(() => codec.send(codec.trade, { ...trade, price: new Map() }))).toBe('price');
    expect(fieldOf(() => codec.send(codec.trade, { ...trade, symbol: '\ud800' }))).toBe('symbol');
    expect(fieldOf(() => codec.send(codec.book, { symbol: 'S', levels: [1, { price: { now: () => 1 } }] }))).toBe('levels.1.price.now');
    expect(fieldOf(() => codec.send(any, { a: { b: [0, 1, Symbol('x')] } }))).toBe('a.b.2');
    expect(() => codec.send(any, { a: { b: new Money() } })).toThrow('Cannot encode a.b: a Money');
  });

  it('symbol keys and a prototype key at the top of a payload', () => {
    const any = codec.table.addDynamic('codec.any');
    for (const entry of [codec.trade, any]) {
      expect(codeOf(() => codec.send(entry, { ...trade, [Symbol('x')]: 1 }))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
      expect(codeOf(() => codec.send(entry, JSON.parse('{"__proto__": 1}')))).toBe('QT_CODEC_UNSUPPORTED_VALUE');
    }
  });

  it('a payload that throws when read, as the cause', () => {
    const payload = {
      ...trade,
      get price(): number {
        throw new Error('boom');
      },
    };

    expect(() => codec.send(codec.trade, payload)).toThrow(
      expect.objectContaining({ code: 'QT_CODEC_UNSUPPORTED_VALUE', cause: expect.objectContaining({ message: 'boom' }) }),
    );
  });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function holeAndField(): unknown[] {
  const items = [1, 2, 3];
  Reflect.deleteProperty(items, 1);
  return Object.assign(items, { x: 1 });
}
