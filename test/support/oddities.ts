/** What a handler may throw that is no proper error. */
export function oddities(): Record<string, unknown> {
  return {
    undefined: undefined,
    string: 'just text',
    null: null,
    number: 5,
    symbol: Symbol('s'),
    frozen: Object.freeze({ message: 'frozen' }),
    huge: new Error('x'.repeat(10_000_000)),
    bare: Object.create(null) as object,
    hostile: new Proxy({}, { get: refuse, has: refuse }),
    revoked: revoked(),
    surrogate: new Error('half a pair \ud800'),
  };
}

export function throwIt(thrown: unknown): never {
  throw thrown;
}

function refuse(): never {
  throw new Error('no');
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
