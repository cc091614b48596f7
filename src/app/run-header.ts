import { hash32 } from '../base/index.ts';
import type { SystemRunStartedPayload } from '../model/index.ts';
import type { RunContext } from './components.ts';
import type { RunIdentity } from './identity.ts';

/** The first event of a run: what it must be repeated with. */
export function toRunHeader({ config, info, mode }: RunContext, identity: RunIdentity): SystemRunStartedPayload {
  const { seed } = config;
  return {
    run_id: identity.runId,
    mode,
    account_currency: config.account.currency,
    day_zone: info.dayZone,
    config_hash: identity.configHash,
    data_hash: identity.dataHash,
    code_version: identity.codeVersion,
    seed: typeof seed === 'number' && Number.isSafeInteger(seed) ? seed : hash32(String(seed)),
  };
}
