import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openJournal, verifyJournal, type Journal, type RetentionRules } from '../../src/journal/index.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import { Frames, range, readSeqs } from './support.ts';

const FOLDER = '/journal';
const AUDIT = ['journal_test.audit', 'audit.**'];

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      types: fc.array(fc.constantFrom('tick', 'audit', 'dynamic'), { minLength: 1, maxLength: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('retain' as const), neededShare: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('reopen' as const, 'kill' as const) }) },
);
const rules: fc.Arbitrary<RetentionRules> = fc.record({
  otherTypes: fc.record({ retentionMs: fc.constant('forever' as const), maxLength: fc.integer({ min: 1, max: 60 }) }),
  rewriteRatio: fc.constantFrom(0.01, 0.5, 1),
});
const settings = fc.record({
  retention: rules,
  segmentBytes: fc.constantFrom(4096, 8192, 16_384),
  batchBytes: fc.constantFrom(1024, 4096),
  isSwapped: fc.boolean(),
});

it('a journal keeps its audit chain, every audited event and all that is needed, through any appends, retention, restarts and kills', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), settings, async (steps, { isSwapped, ...options }) => {
      let disk = new SimulatedDisk();
      let life = 0;
      let frames = new Frames();
      const open = async (): Promise<Journal> => {
        // Every other process numbers its types otherwise.
        frames = new Frames(65_536, isSwapped && life++ % 2 === 1);
        const journal = await openJournal(FOLDER, { fs: disk, ringBytes: 65_536, audit: AUDIT, ...options });
        journal.types(frames.table.toRecords());
        return journal;
      };
      let journal = await open();
      const audited: number[] = [];
      const heads: string[] = [];
      let needed = 1;

      for (const one of steps) {
        if (one.kind === 'append') {
          for (const type of one.types) {
            const seq =
              type === 'dynamic'
                ? frames.appendDynamic(journal, 'audit.made_up')
                : frames.append(journal, { type: type as 'tick' | 'audit' });
            if (type !== 'tick') audited.push(seq);
          }
          heads.push((await journal.auditChain()).head);
        } else if (one.kind === 'retain') {
          needed = Math.max(needed, Math.ceil(one.neededShare * (journal.lastSeq + 1)));
          expect(await journal.retain(needed)).toMatchObject({ removedNeeded: 0, failures: [] });
        } else {
          if (one.kind === 'reopen') await journal.close();
          else {
            const image = disk.kill();
            await journal.close();
            disk = image;
          }
          journal = await open();
        }

        const seqs = readSeqs(FOLDER, { fs: disk });
        const expected = new Set([...audited, ...range(needed, journal.lastSeq)]);
        expect(seqs.filter((seq) => expected.has(seq))).toEqual([...expected].toSorted((a, b) => a - b));
        for (const expectedHead of heads.slice(-2)) {
          const report = verifyJournal(FOLDER, disk, { expectedHead });
          expect(report).toMatchObject({ isSound: true, audit: { records: audited.length, breaks: [], unchained: null, fault: null } });
          expect(report.audit.expectedAt).not.toBeNull();
        }
      }
      await journal.close();
    }),
    { numRuns: 40 },
  );
});
