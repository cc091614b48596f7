import { basename } from 'node:path';
import { expect, test } from 'vitest';
import { lineOf, listFiles, readText, sourceFiles } from './source-tree.ts';

const TOP_LEVEL = new Set(
  'src bench test native-free package.json package-lock.json tsconfig.json README.md bench.config.ts LICENSE NOTICE'.split(' '),
);

/** Words that stand for unfinished work, empty praise, or one machine's folders. Written apart, so that this file has none of them. */
const FORBIDDEN = [
  ['TO', 'DO(?!\\(#\\d+\\))'],
  ['FIX', 'ME'],
  ['not ', 'implemented'],
  ['un', 'implemented'],
  ['lorem ', 'ipsum'],
  ['blazing', 'ly'],
  ['world', '-class'],
  ['cutting', '-edge'],
  ['/ro', 'ot/'],
  ['/wo', 'rk/'],
].map((parts) => new RegExp(`(?<!\\w)${parts.join('')}`));

const files = listFiles();
const code = files.filter((path) => /\.(ts|mjs|cjs|js)$/.test(path) && path !== 'bench.config.ts');

test('the top level holds what it may and nothing else', () => {
  const top = new Set(files.map((path) => path.split('/')[0] ?? ''));

  expect([...top].filter((name) => !TOP_LEVEL.has(name) && !name.startsWith('.'))).toEqual([]);
  expect(top).toContain('README.md');
});

test('code files are named in kebab-case, with their kind as a suffix', () => {
  const pattern = /^_?[a-z0-9]+(-[a-z0-9]+)*(\.(test|property\.test|fault\.test|threads\.test|config|bench))?\.(ts|mjs|cjs|js)$/;

  expect(code.filter((path) => !pattern.test(basename(path)))).toEqual([]);
});

test('no file is a drawer for everything', () => {
  const drawers = /(^|\/)_?(utils?|helpers?|misc|common|types)(\.ts|\/)/;

  expect(code.filter((path) => drawers.test(path))).toEqual([]);
});

test('no text has a forbidden word', () => {
  const texts = files.filter(
    (path) => /\.(ts|mjs|cjs|js|md|json|yaml|yml|html|css)$|\.ci\/run$/.test(path) && path !== 'package-lock.json',
  );
  const faults = texts.flatMap((path) => {
    const lines = readText(path).split('\n');
    return lines.flatMap((line, index) => (FORBIDDEN.some((word) => word.test(line)) ? [`${path}:${index + 1} ${line.trim()}`] : []));
  });

  expect(faults).toEqual([]);
});

test('no test is singled out, and a skipped one gives its reason', () => {
  const faults = sourceFiles('test').flatMap((file) => {
    // The condition of skipIf and runIf is their reason.
    const found = [...file.text.matchAll(/\b(?:test|it|describe|suite)(?:\.\w+)*\.(only|todo|skip)\b/g)];
    return found
      .filter((match) => match[1] !== 'skip' || !hasReason(file.text, match.index))
      .map((match) => `${file.path}:${lineOf(file, match.index)}`);
  });

  expect(faults).toEqual([]);
});

/** A comment on the same line or the one above. */
function hasReason(text: string, position: number): boolean {
  const start = text.lastIndexOf('\n', text.lastIndexOf('\n', position) - 1) + 1;
  return /\/\/ \w|\*\/\s*$/m.test(text.slice(start, text.indexOf('\n', position)));
}
