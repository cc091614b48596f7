import { QtError } from '../../../base/index.ts';
import { resolveFeed, type FeedInfo } from '../../../feed/index.ts';
import { SystemRunStarted, type SystemRunStartedPayload } from '../../../model/index.ts';
import type { RunContext } from '../../components.ts';
import { profileOf, readLayers, resolveConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { QT_APP_INPUT_UNREADABLE } from '../../errors.ts';
import { toFeedOptions } from '../../feed-options.ts';
import type { RunIdentity } from '../../identity.ts';
import type { RunEngine } from '../../run-bus.ts';
import { RecordedFrames, toRecordedEvent } from '../recorded.ts';
import { readRunFile } from '../run-file.ts';

/** A recorded run, with all that is needed to make it again. */
export interface RecordedRunSetup {
  readonly identity: RunIdentity;
  /** How its bus was set up. */
  readonly engine: RunEngine;
  readonly context: RunContext;
}

/** Of a run that does not say: one that is made again on one thread. */
const INLINE: RunEngine = { mode: 'inline', workers: 0, lockstep: true, isPaced: false };

/**
 * Reads how a recorded run was set up, from its first event and `run.json`.
 *
 * @param file a YAML file with settings to use instead of those of the run
 * @throws QtError QT_APP_INPUT_UNREADABLE, QT_CONFIG_INVALID, QT_CONFIG_UNREADABLE, QT_JOURNAL_DAMAGED
 */
export async function readRecordedRun(directory: string, file: string | undefined): Promise<RecordedRunSetup> {
  const { code_version: codeVersion, config_hash: configHash, data_hash: dataHash, mode, run_id: runId } = headerOf(directory);
  const identity: RunIdentity = { runId, codeVersion, configHash, dataHash };
  const run = await readRunFile(directory);
  const engine = run?.engine ?? INLINE;
  if (file === undefined) {
    if (run !== null) return { identity, engine, context: { ...run.context, config: inMemory(run.context.config), mode } };
    const message = `Cannot replay ${directory}: there is no run.json in it; give the configuration of the run with --config`;
    throw new QtError(QT_APP_INPUT_UNREADABLE, message, { details: { directory } });
  }
  const layers = await readLayers({ file });
  const info = run?.context.info ?? (await feedInfo(resolveConfig(layers, 'daily')));
  const config = inMemory(resolveConfig(layers, profileOf(layers, info.timeframe)));
  const { latch, slackUs = 0 } = run?.context ?? {};
  return { identity, engine, context: { config, info, mode, slackUs, ...(latch === undefined ? {} : { latch }) } };
}

function headerOf(directory: string): SystemRunStartedPayload {
  using frames = new RecordedFrames(directory);
  const frame = frames.next();
  const event = frame === null ? null : toRecordedEvent(frame);
  if (event?.seq === 1 && event.type === SystemRunStarted.type) return event.payload as SystemRunStartedPayload;
  const reason = event === null ? 'there is no event in it' : 'it does not begin with the start of a run';
  throw new QtError(QT_APP_INPUT_UNREADABLE, `Cannot replay ${directory}: ${reason}`, { details: { directory } });
}

async function feedInfo(config: Config): Promise<FeedInfo> {
  return (await resolveFeed(toFeedOptions(config))).info;
}

/** A replay must not latch the switch of a system that is trading, nor find what it has there: `run.json` says what the run found. */
function inMemory(config: Config): Config {
  return { ...config, killSwitch: { ...config.killSwitch, latchFile: null } };
}
