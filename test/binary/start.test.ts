import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BINARY, binary, emptyFolder, files, type Ended } from './_qt.ts';

const ROUNDS = 10;

/** The fastest of each. They take turns, because other work on a machine comes and goes, and can only make a start slower. */
async function measure(subjects: Readonly<Record<string, () => number>>): Promise<Record<string, number>> {
  const values: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, run] of Object.entries(subjects)) (values[name] ??= []).push(run());
  }
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, Math.min(...all)]));
}

test('size and start of the executable, against those of Node and of the files', async () => {
  using folder = emptyFolder();
  const took = (run: () => Ended): number => {
    const start = performance.now();
    expect(run().status).toBe(0);
    return performance.now() - start;
  };
  const first = (ended: Ended): number => (JSON.parse(ended.stdout) as { engine: { firstEventMs: number } }).engine.firstEventMs;
  const run = ['run', '--feed', 'synthetic', '--symbols', 'A', '--bars', '50', '--json', '--quiet'];

  const ms = await measure({
    node: () => took(() => node(folder.path)),
    versionOfBinary: () => took(() => binary(['--version'], folder.path)),
    versionOfFiles: () => took(() => files(['--version'], folder.path)),
    firstOfBinary: () => first(binary(run, folder.path)),
    firstOfFiles: () => first(files(run, folder.path)),
  });

  const ratio = (name: string): string => `${(ms[name]! / ms['node']!).toFixed(2)} x`;
  console.log(`size                          ${(statSync(BINARY).size / 1e6).toFixed(1)} MB
node -e 0                     ${ms['node']!.toFixed(0)} ms
qt --version, executable      ${ratio('versionOfBinary')}
qt --version, files           ${ratio('versionOfFiles')}
first event, executable       ${ratio('firstOfBinary')}, ${ms['firstOfBinary']!.toFixed(0)} ms
first event, files            ${ratio('firstOfFiles')}, ${ms['firstOfFiles']!.toFixed(0)} ms`);
  // What is promised is 1.5, and measured by `qt bench start`; this only notices that more is loaded than has to be.
  expect(ms['versionOfBinary']! / ms['node']!).toBeLessThan(2.5);
  expect(ms['firstOfBinary']).toBeLessThan(ms['firstOfFiles']!);
});

function node(cwd: string): Ended {
  return spawnSync(process.execPath, ['-e', '0'], { cwd, encoding: 'utf8' });
}
