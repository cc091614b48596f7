/** As much of vitest's suites as the contract of the bus uses: declared first, run one after the other by `runTests`. */
import { format } from 'node:util';

export { expect } from './expectation.ts';

type Body = () => unknown;

interface Suite {
  readonly name: string;
  readonly parent: Suite | null;
  readonly afterEach: Body[];
}

export interface Outcome {
  readonly name: string;
  /** Null for a test that passed. */
  readonly error: string | null;
}

/** As in `test/vitest.config.ts`. */
const TIMEOUT_MS = 20_000;

const tests: { readonly suite: Suite; readonly name: string; readonly body: Body }[] = [];
let current: Suite = { name: '', parent: null, afterEach: [] };

export function describe(name: string, declare: () => void): void {
  const parent = current;
  current = { name, parent, afterEach: [] };
  declare();
  current = parent;
}

export function it(name: string, body: Body): void {
  tests.push({ suite: current, name, body });
}

it.each =
  (table: readonly unknown[]) =>
  (name: string, body: (...row: never[]) => unknown): void => {
    for (const entry of table) {
      const row = Array.isArray(entry) ? entry : [entry];
      it(format(name, ...row), () => body(...(row as never[])));
    }
  };

export function afterEach(body: Body): void {
  current.afterEach.push(body);
}

export async function runTests(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const { suite, name, body } of tests.splice(0)) {
    const path = pathOf(suite);
    let error = await failureOf(body);
    for (const { afterEach: bodies } of path) for (const after of bodies) error ??= await failureOf(after);
    outcomes.push({ name: [...path.map((one) => one.name).reverse(), name].join(' > '), error });
  }
  return outcomes;
}

function pathOf(suite: Suite): Suite[] {
  return suite.parent === null ? [] : [suite, ...pathOf(suite.parent)];
}

async function failureOf(body: Body): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took more than ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  });
  try {
    await Promise.race([body(), late]);
    return null;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer);
  }
}
