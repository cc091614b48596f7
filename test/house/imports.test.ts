import { expect, test } from 'vitest';
import { sourceFiles, type SourceFile } from './source-tree.ts';

/** Folder -> folders it may import. Who is not named here may not be in `src/`. */
const LAYERS: Record<string, readonly string[]> = {
  base: [],
  event: ['base'],
  ring: ['base'],
  codec: ['base', 'event'],
  engine: ['base', 'event', 'ring', 'codec'],
  journal: ['base', 'event', 'ring', 'codec'],
  streams: ['base', 'event', 'codec'],
  model: ['base', 'event'],
  quant: ['base'],
  // Its gate keeps a rolling window, which is arithmetic and nothing else.
  feed: ['base', 'event', 'model', 'quant'],
  trading: ['base', 'event', 'model', 'quant'],
  learning: ['base', 'event', 'model', 'quant'],
  observe: ['base', 'event', 'model', 'quant'],
  dashboard: ['base', 'event', 'model', 'observe'],
  app: [
    'base',
    'event',
    'ring',
    'codec',
    'engine',
    'journal',
    'streams',
    'model',
    'quant',
    'feed',
    'trading',
    'learning',
    'observe',
    'dashboard',
  ],
  cli: ['base', 'app'],
};

/** What package.json exports; these only gather doors. */
const PUBLIC_DOORS = new Set(['src/index.ts', 'src/trading/index.ts']);

/** Packages and the one folder that imports them. A package that is not here is not a dependency. */
const PACKAGES: Record<string, string> = {
  commander: 'cli',
  'csv-parse': 'feed',
  msgpackr: 'codec',
  pino: 'app',
  piscina: 'engine',
  typebox: 'event',
  yaml: 'app',
};

/** Above everything in src: what it measures, it imports. */
const BENCH_DOOR = 'bench/index.ts';

const files = sourceFiles('src');

test('every folder of src has a place in the layer table', () => {
  const folders = new Set(files.filter((file) => file.path.split('/').length > 2).map(folderOf));

  expect([...folders].filter((folder) => !(folder in LAYERS))).toEqual([]);
});

test('folders import only the folders above them in the layer table', () => {
  const faults = crossings().filter(({ from, to, path }) => !PUBLIC_DOORS.has(path) && LAYERS[from]?.includes(to) !== true);

  expect(faults.map(({ path, target }) => `${path} imports ${target}`)).toEqual([]);
});

test('folders import each other only through the door index.ts', () => {
  // Trading has a door per component, and one description of what a component is.
  const isDoor = (to: string, target: string): boolean =>
    target === `src/${to}/index.ts` || /^src\/trading\/(?:[\w-]+\/index|component)\.ts$/.test(target);
  const faults = crossings().filter(({ to, target }) => !isDoor(to, target ?? ''));

  expect(faults.map(({ path, target }) => `${path} imports ${target}`)).toEqual([]);
});

test('trading components import each other only through the door index.ts', () => {
  const faults = files.flatMap((file) =>
    file.imports
      .filter(({ target }) => {
        const own = componentOf(file.path);
        const other = target === undefined ? undefined : componentOf(target);
        return own !== undefined && other !== undefined && own !== other && target !== `src/trading/${other}/index.ts`;
      })
      .map(({ target }) => `${file.path} imports ${target}`),
  );

  expect(faults).toEqual([]);
});

test('one command reaches the bench, which lies beside src, and only through its door', () => {
  const importers = files.filter((file) => file.imports.some(({ target }) => target?.startsWith('bench') === true));

  expect(importers.map(({ path }) => path)).toEqual(['src/cli/commands/bench/handler.ts']);
});

test('every import names a file that exists, with its ending', () => {
  const known = new Set([...files.map((file) => file.path), 'package.json', 'src/cli/bootstrap.cjs', BENCH_DOOR]);
  const faults = files.flatMap((file) =>
    file.imports.filter(({ target }) => target !== undefined && !known.has(target)).map(({ target }) => `${file.path} imports ${target}`),
  );

  expect(faults).toEqual([]);
});

test('modules do not import each other in a circle', () => {
  expect(findCycle()).toBeUndefined();
});

test('a package is imported in one folder only', () => {
  const faults = files.flatMap((file) =>
    file.imports
      .filter(({ specifier, target }) => target === undefined && !specifier.startsWith('node:'))
      .filter(({ specifier }) => PACKAGES[packageOf(specifier)] !== folderOf(file))
      .map(({ specifier }) => `${file.path} imports ${specifier}`),
  );

  expect(faults).toEqual([]);
});

test('one file imports piscina and one imports msgpackr', () => {
  for (const name of ['piscina', 'msgpackr']) {
    const importers = files.filter((file) =>
      file.imports.some(({ specifier, isTypeOnly }) => !isTypeOnly && packageOf(specifier) === name),
    );

    expect(
      importers.map((file) => file.path),
      name,
    ).toHaveLength(1);
  }
});

function folderOf(file: SourceFile): string {
  return file.path.split('/')[1] ?? '';
}

function componentOf(path: string): string | undefined {
  return /^src\/trading\/([^/]+)\//.exec(path)?.[1];
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Imports from one folder of src into another. */
function crossings(): { path: string; from: string; to: string; target: string }[] {
  return files.flatMap((file) =>
    file.imports.flatMap(({ target }) => {
      const to = /^src\/([^/]+)\//.exec(target ?? '')?.[1];
      const from = folderOf(file);
      const isInside = file.path.split('/').length === 2 ? false : from === to;
      return target === undefined || to === undefined || isInside ? [] : [{ path: file.path, from, to, target }];
    }),
  );
}

/** A circle of imports that exist at run time, as text; types may refer to each other freely. */
function findCycle(): string | undefined {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const walk = (path: string, trail: string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' -> ');
    if (done.has(path)) return undefined;
    for (const { target, isTypeOnly } of byPath.get(path)?.imports ?? []) {
      const cycle = target === undefined || isTypeOnly ? undefined : walk(target, [...trail, path]);
      if (cycle !== undefined) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const { path } of files) {
    const cycle = walk(path, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
