/** Throws what no handler should: everything that has ever broken somebody's error handling. */
export function throwOdd(n: number): never {
  throw ODD[n % ODD.length]!();
}

const ODD: readonly (() => unknown)[] = [
  () => undefined,
  () => null,
  () => 'a string',
  () => 42n,
  () => Symbol('thrown'),
  () => Object.freeze({ code: 7, message: { nested: true } }),
  () => Object.create(null),
  () => {
    const error = new Error('its message cannot be read');
    Object.defineProperty(error, 'message', {
      get() {
        throw new Error('from a getter');
      },
    });
    return error;
  },
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => {
    const error = new Error('causes itself');
    error.cause = error;
    return error;
  },
  () => ({
    toString() {
      throw new Error('from toString');
    },
  }),
  () => Promise.resolve('a promise, thrown'),
  () => new AggregateError([new Error('one'), undefined], 'several'),
];
