import { expect, test } from 'vitest';
import * as model from '../../src/model/index.ts';
import { sourceFiles, stringLiterals } from './source-tree.ts';

const topics = new Set(
  Object.values(model)
    .map((value: unknown) => (value as { type?: unknown } | null | undefined)?.type)
    .filter((type): type is string => typeof type === 'string' && type.includes('.')),
);

test('the catalogue has topics to look for', () => {
  expect(topics.size).toBeGreaterThan(50);
});

// The engine does not know the catalogue, and these are its own.
const ENGINE_EVENTS = 'src/event/dead-letter-events.ts';

test('a topic of the catalogue is spelled only in src/model', () => {
  const faults = sourceFiles('src')
    .filter((file) => !file.path.startsWith('src/model/') && file.path !== ENGINE_EVENTS)
    .flatMap((file) =>
      stringLiterals(file)
        .filter(({ value }) => topics.has(value))
        .map(({ value, line }) => `${file.path}:${line} '${value}'`),
    );

  expect(faults).toEqual([]);
});
