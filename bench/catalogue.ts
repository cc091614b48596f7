import type { CaseName } from './config.ts';

/** Where a case lives; loaded in its own process only. */
export interface CaseEntry {
  readonly name: CaseName;
  /** `micro` for one function, `topology` for a shape of publishers and handlers. */
  readonly folder: 'micro' | 'topology';
  readonly url: string;
}

function entry(folder: CaseEntry['folder'], name: CaseName): CaseEntry {
  return { name, folder, url: new URL(`./${folder}/${name}.ts`, import.meta.url).href };
}

/** Every case, in the order of a run. */
export const CASES: readonly CaseEntry[] = [
  entry('micro', 'ring'),
  entry('micro', 'codec'),
  entry('topology', 'one-to-one-throughput'),
  entry('topology', 'paced-latency'),
  entry('topology', 'ping-pong'),
  entry('topology', 'overtaking'),
  entry('topology', 'retry-timing'),
  entry('topology', 'fan-out-4'),
  entry('topology', 'types-10000'),
];

/** Cases whose `folder/name` holds one of the words; `*` stands for anything. All of them without a word. */
export function selectCases(words: readonly string[]): CaseEntry[] {
  if (words.length === 0) return [...CASES];
  const patterns = words.map((word) => new RegExp(word.split('*').map(RegExp.escape).join('.*')));
  return CASES.filter(({ folder, name }) => patterns.some((pattern) => pattern.test(`${folder}/${name}`)));
}
