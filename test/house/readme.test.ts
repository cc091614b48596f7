import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readText, ROOT } from './source-tree.ts';

const readme = existsSync(join(ROOT, 'README.md')) ? readText('README.md') : '';

/** Blocks fenced as `ts`. One that opens with `// name.ts` is a file the others may load. Fragments are fenced as `ts fragment`. */
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match, index) => {
  const text = match[1] ?? '';
  return { text, file: /^\/\/ ([\w-]+\.ts)\b/.exec(text)?.[1] ?? `example-${index + 1}.ts` };
});

test('the README exists and has examples', () => {
  expect(readme).not.toBe('');
  expect(blocks).not.toHaveLength(0);
});

test('every npm script and qt command that the README names exists', () => {
  const scripts = Object.keys(JSON.parse(readText('package.json')).scripts);
  const named = [...readme.matchAll(/\bnpm (?:run )?(?:-s |--silent )?([\w:-]+)/g)].map((match) => match[1] ?? '');
  const ownOfNpm = new Set(['ci', 'install', 'i', 'pack', 'publish', 'exec', 'scripts', 'run', 'and']);
  const commands = [...readme.matchAll(/\bqt ([a-z][\w-]*)\b(?=[^.]*`|.*$)/gm)].map((match) => match[1] ?? '');
  const inFences = commands.filter((name) => new RegExp(`(\`|^|\\s|\\$ )(npx )?qt ${name}\\b`, 'm').test(readme));

  expect(named.filter((name) => !scripts.includes(name) && !ownOfNpm.has(name))).toEqual([]);
  expect(inFences.filter((name) => !existsSync(join(ROOT, 'src/cli/commands', name)))).toEqual([]);
});

describe('README examples', () => {
  let folder: string;

  // In the checkout, because only there the examples can import the package by its name.
  beforeAll(() => {
    folder = mkdtempSync(join(ROOT, 'test/house/.readme-'));
    for (const { file, text } of blocks) writeFileSync(join(folder, file), text);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(blocks)('$file runs', { timeout: 60_000 }, async ({ file }) => {
    const { code, output } = await run(join(folder, file));

    expect(output).not.toMatch(/Warning: .*Unhandled/);
    expect(code, output).toBe(0);
  });
});

function run(file: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [file], { cwd: ROOT, timeout: 50_000, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
