import { Visitor } from 'rolldown/utils';
import { expect, test } from 'vitest';
import { lineOf, sourceFiles } from './source-tree.ts';

/** The port, in its two implementations. */
const RESOURCES = /^src\/base\/(file|asset)-resources\.ts$/;

test('threads and modules named at run time are taken from the resources, so that the executable has them too', () => {
  const faults: string[] = [];
  for (const file of sourceFiles('src').filter(({ path }) => !RESOURCES.test(path))) {
    const note = (start: number, what: string): void => void faults.push(`${file.path}:${lineOf(file, start)} ${what}`);
    new Visitor({
      NewExpression: ({ callee, start }) => {
        if (callee.type === 'Identifier' && callee.name === 'Worker') note(start, 'starts a thread itself');
      },
      ImportExpression: ({ source, start }) => {
        if (source.type !== 'Literal') note(start, 'imports a module itself');
      },
    }).visit(file.program);
  }

  expect(faults).toEqual([]);
});
