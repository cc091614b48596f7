/**
 * What does a record cost in the ring itself, with no second thread and no codec?
 *
 *   one thread:  claim -> copy 128 B -> commit, 64 times -> flush -> next, 64 times -> release
 *                         ~~~~~~~~~~~ SharedArrayBuffer, 1 MiB ~~~~~~~~~~~
 *
 * The reference is the same without the ring: 128 B are copied to a fixed place and read back.
 */
import { createRing, ringBytes, RingReader, RingWriter } from '../../src/ring/index.ts';
import type { BenchCase } from '../case.ts';
import { checkSame } from '../harness/check.ts';
import { throughputOf, throughputRatios } from '../harness/figures.ts';
import { timeInTurns } from '../harness/micro.ts';

const RECORD_BYTES = 128;
const BATCH = 64;
/** Records in one sample: long enough that reading the clock costs nothing. */
const RECORDS = 16 * BATCH;

export const bench: BenchCase<'ring'> = {
  name: 'ring',
  question: 'What does a record of 128 bytes cost in the ring itself?',
  async run({ rounds, roundMs }) {
    const capacity = 1 << 20;
    const buffer = new SharedArrayBuffer(ringBytes(capacity));
    createRing(buffer, 0, capacity);
    const writer = new RingWriter(buffer, 0);
    const reader = new RingReader(buffer, 0);
    const source = Buffer.alloc(RECORD_BYTES, 7);
    const sourceWords = new Int32Array(source.buffer, source.byteOffset, RECORD_BYTES / 4);
    const bytes = Buffer.from(buffer);
    const words = new Int32Array(buffer);
    let sent = 0;
    let received = 0;
    let faults = 0;

    const throughRing = (): void => {
      for (let record = 0; record < RECORDS; record += BATCH) {
        for (let i = 0; i < BATCH; i++) {
          sourceWords[1] = sent++;
          const index = writer.claim(RECORD_BYTES);
          source.copy(bytes, index + 4, 4, RECORD_BYTES);
          writer.commit(index);
        }
        writer.flush();
        for (let index = reader.next(); index !== 0; index = reader.next()) {
          if (words[(index + 4) >> 2] !== (received | 0) || reader.length(index) !== RECORD_BYTES) faults++;
          received++;
        }
        reader.release(reader.position);
      }
    };
    const copyOnly = (): void => {
      for (let record = 0; record < RECORDS; record++) {
        sourceWords[1] = record;
        source.copy(bytes, 516, 4, RECORD_BYTES);
        if (words[129] !== record) faults++;
      }
    };

    const samples = await timeInTurns(
      { 'ring, claim to release': throughRing, 'copy of 128 B': copyOnly },
      { rounds, roundMs, operations: RECORDS },
    );
    checkSame('records read', received, sent);
    checkSame('records read wrong', faults, 0);
    return { subjects: throughputOf(samples, RECORD_BYTES), ratios: throughputRatios(samples, ['copy of 128 B']) };
  },
};
