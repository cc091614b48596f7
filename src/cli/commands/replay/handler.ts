import { createLogger, describeFields, describeSide, verifyReplay, type VerifyReplayReport } from '../../../app/index.ts';
import { EXIT_CODES, type ExitCode } from '../../exit-codes.ts';
import type { ReplayFlags } from './options.ts';

/** @throws QtError QT_APP_INPUT_UNREADABLE, QT_APP_REPLAY_REFUSED, and those of the configuration and the journal */
export async function replay(directory: string, { config: file, handlers, json, verbose }: ReplayFlags): Promise<ExitCode> {
  const report = await verifyReplay({
    directory,
    ...(file === undefined ? {} : { file }),
    ...(handlers === undefined ? {} : { handlers }),
    ...(verbose === true ? { logger: createLogger('debug') } : {}),
  });
  process.stdout.write(`${json === true ? JSON.stringify(report) : toText(report)}\n`);
  return report.isEqual ? EXIT_CODES.ok : EXIT_CODES.failed;
}

function toText(report: VerifyReplayReport): string {
  const { decisionHash, decisions, difference, events, isEqual, recordedHash, runId } = report;
  const hash = `decision hash ${decisionHash}`;
  if (isEqual) {
    const end = recordedHash === null ? 'the run has not ended' : 'the same that the run gave at its end';
    return [`equal: run ${runId}, ${events} events, ${decisions} decisions of them`, `${hash}, ${end}`].join('\n');
  }
  if (difference === null) return `different: run ${runId}, ${hash}, recorded ${recordedHash}, although all events are equal`;
  const { causes, recomputed, recorded, seq } = difference;
  return [
    `different: run ${runId} at event ${seq}; ${events} events before it are equal, ${decisions} decisions of them`,
    `recorded    ${describeSide(recorded)}`,
    `recomputed  ${describeSide(recomputed)}`,
    ...describeFields(difference).map((field) => `            ${field}`),
    ...causes.map((cause) => `because of  ${describeSide(cause)}`),
  ].join('\n');
}
