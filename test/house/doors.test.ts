import { expect, test } from 'vitest';
import { docstringBefore, exportedDeclarations, lineOf, sourceFiles, type Declaration, type SourceFile } from './source-tree.ts';

const files = sourceFiles('src');
const byPath = new Map(files.map((file) => [file.path, file]));
const doors = files.filter((file) => /^src\/([^/]+\/)?index\.ts$/.test(file.path) || /^src\/trading\/[^/]+\/index\.ts$/.test(file.path));

test('every folder of src has a door, except the command line', () => {
  const folders = new Set(files.map((file) => /^src\/[^/]+(?=\/)/.exec(file.path)?.[0]).filter((folder) => folder !== undefined));

  expect([...folders].filter((folder) => folder !== 'src/cli' && !byPath.has(`${folder}/index.ts`))).toEqual([]);
});

test('every door begins with a docstring about its folder', () => {
  const faults = doors.filter((door) => {
    const [first] = door.comments;
    return first?.type !== 'Block' || !first.value.startsWith('*') || door.text.slice(0, first.start).trim() !== '';
  });

  expect(faults.map((door) => door.path)).toEqual([]);
});

test('a function or class that a door exports has a docstring', () => {
  const faults = new Set<string>();
  for (const door of doors) {
    const documented = new Set<string>();
    for (const { name, file, start, isCallable } of exportsOf(door)) {
      // The first of several overloads speaks for all.
      const isOverload = documented.has(name);
      documented.add(name);
      if (isCallable && !isOverload && docstringBefore(file, start) === undefined)
        faults.add(`${file.path}:${lineOf(file, start)} ${name}`);
    }
  }

  expect([...faults].sort()).toEqual([]);
});

test('nothing in src is a default export', () => {
  const faults = files.filter((file) => file.program.body.some((statement) => statement.type === 'ExportDefaultDeclaration'));

  expect(faults.map((file) => file.path)).toEqual([]);
});

/** The declarations behind everything a door exports. */
function exportsOf(door: SourceFile, trail = new Set<string>()): Declaration[] {
  if (trail.has(door.path)) return [];
  trail.add(door.path);
  const found = exportedDeclarations(door);
  for (const statement of door.program.body) {
    if (statement.type !== 'ExportAllDeclaration' && statement.type !== 'ExportNamedDeclaration') continue;
    const source = statement.source?.value;
    const target = door.imports.find((one) => one.specifier === source)?.target;
    const file = target === undefined ? undefined : byPath.get(target);
    if (file === undefined) continue;
    const behind = exportsOf(file, new Set(trail));
    if (statement.type === 'ExportAllDeclaration') found.push(...behind);
    else {
      const names = new Set(statement.specifiers.map((one) => (one.local.type === 'Identifier' ? one.local.name : '')));
      found.push(...behind.filter(({ name }) => names.has(name)));
    }
  }
  return found;
}
