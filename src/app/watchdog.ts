import type { HandlerContext, QtEvent } from '../event/index.ts';
import {
  accountKey,
  ExitBrainHeartbeat,
  MAIN_ACCOUNT,
  MarketCandleNew,
  PositionClosed,
  PositionOpened,
  RiskKillSwitchReset,
  SystemPanicClose,
  type ExitBrainHeartbeatPayload,
  type PositionClosedPayload,
  type PositionOpenedPayload,
} from '../model/index.ts';
import {
  checkWatchdog,
  createWatchdog,
  onHeartbeat,
  onPositionClosed,
  onPositionOpened,
  rearmWatchdog,
  type WatchdogState,
} from '../trading/exit/index.ts';
import type { Subscribable } from './compose.ts';

/**
 * Watches the exit brain from the main thread, where it does not run, and panics when it falls silent with a position
 * open. Recorded data has logical time only, so it looks at each candle.
 *
 * @param silenceUs longest silence with a position, microseconds of event time
 */
export function subscribeWatchdog(bus: Subscribable, silenceUs: number): void {
  const state = createWatchdog({ silenceWithPositionsUs: silenceUs, silenceUs: null, stagnantUs: silenceUs });
  const types = [ExitBrainHeartbeat, PositionOpened, PositionClosed, RiskKillSwitchReset, MarketCandleNew].map(({ type }) => type);
  bus.subscribe(types, (event, ctx) => watch(state, event, ctx), { group: 'watchdog', source: 'risk_kernel', priority: 'HIGH' });
}

function watch(state: WatchdogState, event: QtEvent<object>, ctx: HandlerContext): void {
  const { payload, timestamp, type } = event;
  if (type === ExitBrainHeartbeat.type) onHeartbeat(state, payload as ExitBrainHeartbeatPayload, timestamp);
  else if (type === PositionClosed.type) onPositionClosed(state, (payload as PositionClosedPayload).position_id);
  else if (type === RiskKillSwitchReset.type) rearmWatchdog(state, timestamp);
  else if (type === PositionOpened.type) {
    const { position_id: id, symbol } = payload as PositionOpenedPayload;
    onPositionOpened(state, id, symbol, timestamp);
  } else {
    const reason = checkWatchdog(state, timestamp);
    if (reason === null) return;
    const panic = { event_id: `panic_${event.seq}`, reason, severity: 'CRITICAL', issued_by: 'watchdog' } as const;
    ctx.publish(SystemPanicClose.create(panic, { key: accountKey(MAIN_ACCOUNT) }));
  }
}
