import type { Logger } from '../../../base/index.ts';
import type { EventBus, Sink } from '../../../engine/index.ts';
import type { RunContext } from '../../components.ts';
import { createRunBus, type RunEngine } from '../../run-bus.ts';
import type { UserModule } from '../../user-modules.ts';
import { ComparingLog } from './comparing-log.ts';
import type { Difference } from './comparison.ts';
import { recordedWindows } from './recorded-inputs.ts';
import { RecordedFrames } from '../recorded.ts';

export interface LockstepCheckParts {
  readonly directory: string;
  readonly context: RunContext;
  readonly runId: string;
  /** Sees every event that comes out, up to the first difference. */
  readonly watch: Sink;
  /** The user's own handlers that the run had. */
  readonly modules: readonly UserModule[];
  readonly logger: Logger | undefined;
}

const INLINE: RunEngine = { mode: 'inline', workers: 0, lockstep: true, isPaced: false };

/**
 * Gives the inputs of a recorded lockstep run to the same components again, on an inline bus, and holds every event that
 * follows against the recording.
 *
 * @throws QtError QT_JOURNAL_DAMAGED
 */
export async function checkLockstep(parts: LockstepCheckParts): Promise<{ events: number; difference: Difference | null }> {
  const { context, directory, logger, modules, runId, watch } = parts;
  using recorded = new RecordedFrames(directory);
  using inputs = new RecordedFrames(directory);
  const log = new ComparingLog(recorded);
  const sink: Sink = { write: (...args) => void (log.isInside && watch.write(...args)) };
  const { bus } = createRunBus({ context, engine: INLINE, runId, sink, log, logger, modules });
  try {
    await bus.start();
    await publishAll(bus, inputs, log);
  } finally {
    await bus.stop({ drainTimeoutMs: 0 });
  }
  return { events: log.compared, difference: log.difference };
}

async function publishAll(bus: EventBus, inputs: RecordedFrames, log: ComparingLog): Promise<void> {
  try {
    for (const window of recordedWindows(inputs)) await bus.publishBatch(window);
    await bus.drain();
    log.finish();
  } catch (error) {
    // A difference stops the bus, so that nothing is computed in vain; it is told by the report.
    if (log.difference === null) throw error;
  }
}
