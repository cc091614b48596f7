import { toErrorRecord } from '../../base/index.ts';
import type { HandlerContext, QtEvent, SetupInfo } from '../../event/index.ts';
import { createFileLatchStore } from './file-latch-store.ts';
import { createMemoryLatchStore, type LatchStore } from './latch-store.ts';
import { resolveKillSwitchOptions, type KillSwitchOptions } from './options.ts';
import { createTotpSecondFactor, noSecondFactor, readTotpSecrets } from './second-factor.ts';
import { step } from './service.ts';
import { createKillSwitchState, type KillSwitchState } from './state.ts';

export interface KillSwitchHandlerState {
  readonly core: KillSwitchState;
  readonly store: LatchStore;
}

/** @throws QtError QT_OPTION_INVALID, QT_KILL_SWITCH_SECRETS_INVALID */
export function setup(options: KillSwitchOptions, info?: SetupInfo): KillSwitchHandlerState {
  const { latch, secondFactor } = resolveKillSwitchOptions(options);
  const store = latch.kind === 'file' ? createFileLatchStore(latch.path) : createMemoryLatchStore();
  const found = latch.kind === 'memory' && latch.found !== undefined ? latch.found : store.read();
  const verifier = secondFactor.kind === 'totp' ? createTotpSecondFactor(readTotpSecrets(secondFactor.secretsFile)) : noSecondFactor;
  const core = createKillSwitchState(options, { latch: found, secondFactor: verifier });
  if (core.found !== null) info?.logger.error({ reason: core.found }, 'the kill switch is on from the start');
  return { core, store };
}

export function onEvent(event: QtEvent, ctx: HandlerContext<KillSwitchHandlerState>): void {
  const { core, store } = ctx.state;
  const before = core.record;
  const outs = step(core, event);
  if (core.record !== null && core.record !== before && !core.foreign) {
    try {
      store.write(core.record);
    } catch (error) {
      // The sequence goes on: a full disk must not keep the orders from being cancelled.
      ctx.logger.error({ error: toErrorRecord(error) }, 'the kill latch is not on disk');
    }
  }
  for (const out of outs) ctx.publish(out);
}
