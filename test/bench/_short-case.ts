/** A case whose receiver gets one event less than was sent. */
import type { BenchCase } from '../../bench/case.ts';
import { alternate } from '../../bench/harness/alternate.ts';
import { throughputOf } from '../../bench/harness/figures.ts';
import { Tally } from '../../bench/harness/tally.ts';
import { checksumOfInputs, createInputs } from '../../bench/trade.ts';

export const bench: BenchCase<'ring'> = {
  name: 'ring',
  question: 'Is a lost event found?',
  async run({ rounds }) {
    const inputs = createInputs();
    const tally = new Tally();
    const events = 100;
    const subject = {
      name: 'loses one',
      events,
      prepare: () => tally.expect(events),
      run: () => {
        for (const { payload } of inputs.plain.slice(0, events - 1)) tally.add(payload);
      },
      check: () => tally.check(events, checksumOfInputs(inputs, events)),
    };
    return { subjects: throughputOf(await alternate([subject], { warmUps: 1, rounds }), 1), ratios: [] };
  },
};
