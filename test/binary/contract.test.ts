import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { binary, emptyFolder, ROOT } from './_qt.ts';

const RUNNER = 'test/binary/inside/runner.ts';

test('the contract of the bus holds inside, for user modules on disk', { timeout: 600_000 }, () => {
  using folder = emptyFolder();
  copySuite(folder.path);
  const outcomesFile = join(folder.path, 'outcomes.json');

  const { stderr } = binary(['run', '--quiet', '--handlers', 'test/binary/inside/suite.ts'], folder.path, {
    CONTRACT_OUTCOMES: outcomesFile,
  });
  const outcomes = JSON.parse(readFileSync(outcomesFile, 'utf8')) as { name: string; error: string | null }[];
  const failed = outcomes.filter(({ error }) => error !== null);

  expect(stderr).not.toContain('qt: ');
  expect(failed.map(({ name, error }) => `${name}: ${error}`).slice(1)).toEqual([]);
  // The one that fails on purpose shows that a failure would be seen.
  expect(failed[0]?.name).toContain('fails on purpose');
  for (const kind of ['inline bus', 'threads bus']) {
    expect(outcomes.filter(({ name }) => name.includes(kind)).length, kind).toBeGreaterThan(declaredTests());
  }
});

/** The suite as somebody would have it who has only the executable: its imports of this checkout become `quantum-trader`. */
function copySuite(target: string): void {
  for (const file of globSync(['test/contract/*.ts', 'test/support/**/*.ts', 'test/binary/inside/*.ts'], { cwd: ROOT })) {
    if (file.endsWith('.test.ts')) continue;
    cpSync(join(ROOT, file), join(target, file));
    const runner = relative(dirname(file), RUNNER);
    const text = readFileSync(join(ROOT, file), 'utf8')
      .replaceAll(/'(\.\.\/)+src\/index\.ts'/g, "'quantum-trader'")
      .replaceAll("from 'vitest'", `from '${runner.startsWith('.') ? runner : `./${runner}`}'`);
    writeFileSync(join(target, file), text);
  }
}

/** At least so many tests each bus must have: those written in the suite, of which a few are for threads alone. */
function declaredTests(): number {
  const texts = globSync('test/contract/*.ts', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'));
  return texts.reduce((sum, text) => sum + [...text.matchAll(/^\s+it(\.each\(\w+\))?\(/gm)].length, 0) * 0.8;
}
