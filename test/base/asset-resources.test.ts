import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { mount, resources } from '../../src/base/asset-resources.ts';

const folder = mkdtempSync(join(tmpdir(), 'qt-assets-'));
let loads = 0;
const inner = { answer: 42, 'odd name': 'x' };

beforeAll(() => {
  mount(
    {
      'qt:a/module': () => {
        loads++;
        return inner;
      },
      'quantum-trader': () => inner,
    },
    { getAsset: (name) => `text of ${name}`, getRawAsset: (name) => new TextEncoder().encode(`bytes of ${name}`).buffer },
  );
});

test('a module inside is imported by its name, and is the one that runs already', async () => {
  const module = (await resources.importModule('qt:a/module')) as typeof inner;

  expect({ ...module }).toEqual(inner);
  expect(loads).toBeGreaterThan(0);
});

test.each([
  ['user.mjs', "import { answer } from 'quantum-trader'; await null; export const got = answer;"],
  ['user.cjs', "exports.got = require('quantum-trader').answer;"],
])('a module on disk, %s, gets quantum-trader from inside', async (name, text) => {
  writeFileSync(join(folder, name), text);

  const module = (await resources.importModule(pathToFileURL(join(folder, name)).href)) as { got: number };

  expect(module.got).toBe(42);
});

test('a module that is not there is an error that names it', async () => {
  await expect(resources.importModule(pathToFileURL(join(folder, 'none.mjs')).href)).rejects.toThrow('none.mjs');
});

test('data is an asset by its name', async () => {
  expect(new TextDecoder().decode(await resources.readData(new URL('qt:feed/data/x.csv')))).toBe('bytes of qt:feed/data/x.csv');
});
