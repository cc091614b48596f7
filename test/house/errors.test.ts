import { expect, test } from 'vitest';
import { docstringBefore, exportedDeclarations, sourceFiles, stringLiterals } from './source-tree.ts';

const CODE = /^QT(_[A-Z0-9]+)+$/;
const files = sourceFiles('src');
const declared = files.flatMap((file) => exportedDeclarations(file).filter(({ name }) => CODE.test(name)));

test('an error code is declared once', () => {
  const names = declared.map(({ name }) => name);

  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  expect(names).not.toHaveLength(0);
});

test('an error code has a docstring with its meaning and its remedy', () => {
  const faults = declared.filter(({ file, start }) => {
    const text = docstringBefore(file, start)?.trim() ?? '';
    // Two sentences at least: what happened, and what to do.
    return (text.match(/[.;:](\s|$)/g) ?? []).length < 2;
  });

  expect(faults.map(({ name, file }) => `${file.path} ${name}`)).toEqual([]);
});

test('an error code that appears as a text is one that is declared', () => {
  const names = new Set(declared.map(({ name }) => name));
  const faults = files.flatMap((file) =>
    stringLiterals(file)
      .filter(({ value }) => CODE.test(value) && !names.has(value))
      .map(({ value, line }) => `${file.path}:${line} ${value}`),
  );

  expect(faults).toEqual([]);
});

test('the value of an error code is its name', () => {
  const faults = declared.filter(({ name, file }) => !file.text.includes(`${name} = '${name}'`));

  expect(faults.map(({ name, file }) => `${file.path} ${name}`)).toEqual([]);
});

test('a declared error code is used', () => {
  // Besides the declaration itself and what passes it on, something must throw or compare it.
  const bodies = files.map((file) => file.text.replaceAll(/^(?:import|export)(?: type)? \{[^}]*\} from .*$/gm, ''));
  const faults = declared.filter(({ name }) => {
    const uses = bodies.flatMap((text) => [
      ...text.matchAll(new RegExp(`(?<!@throws[^\\n]*|\\* .*|export const )\\b${name}\\b(?!')`, 'g')),
    ]);
    return uses.length === 0;
  });

  expect(faults.map(({ name, file }) => `${file.path} ${name}`)).toEqual([]);
});
