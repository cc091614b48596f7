import { stat } from 'node:fs/promises';
import { QtError } from '../../base/index.ts';
import type { QtEvent } from '../../event/index.ts';
import { QT_OBSERVE_AUDIT_BROKEN } from '../errors.ts';
import { LineWriter } from '../log/line-writer.ts';
import { AuditChain, toAuditLine } from './chain.ts';
import { verifyAuditFile } from './verify.ts';

/** An audit file that is being written. */
export interface AuditLog {
  /** Hash of the last record. Print it at the end of a run: only against it can a cut end be noticed. */
  readonly head: string;
  /** Records in the file, those of earlier runs included. */
  readonly length: number;
  /**
   * Adds an event of `audit.decision.log`. One that comes again is not added again.
   *
   * @returns when it is on the disk
   * @throws QtError QT_OBSERVE_LOG_FAILED, after which entries must stop; QT_OBSERVE_NOT_CANONICAL
   */
  append(event: Pick<QtEvent<object>, 'type' | 'seq' | 'payload'>): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens an audit file, new or old. The chain of an old one is checked first and then goes on.
 *
 * @throws QtError QT_OBSERVE_AUDIT_BROKEN, QT_OBSERVE_LOG_FAILED
 */
export async function openAuditLog(path: string): Promise<AuditLog> {
  // Only a regular file has records to go on from; whatever else is wrong with the path, opening it will tell.
  const isOld = await stat(path).then(
    (facts) => facts.isFile(),
    () => false,
  );
  const { fault, head, records } = isOld ? await verifyAuditFile(path) : { fault: null, head: undefined, records: 0 };
  if (fault !== null) {
    const message = `Cannot continue the audit file ${path}: line ${fault.line} does not hold; keep it and start a new file`;
    throw new QtError(QT_OBSERVE_AUDIT_BROKEN, message, { details: { path, ...fault } });
  }
  const writer = await LineWriter.open(path, { mode: 'append', isSynced: true });
  const chain = new AuditChain(head, records);
  let lastSeq = 0;
  return {
    get head() {
      return chain.head;
    },
    get length() {
      return chain.length;
    },
    append: async (event) => {
      if (event.seq > lastSeq) {
        const line = toAuditLine(chain.append(event));
        lastSeq = event.seq;
        void writer.write(line);
      }
      await writer.flush();
    },
    close: () => writer.close(),
  };
}
