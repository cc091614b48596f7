/** What the watchdog tolerates; all durations in microseconds of the clock it is asked with. */
export interface WatchdogOptions {
  /** Longest silence of the guard of an open position, > 0; default 3 s. Set it above one bar on recorded bars. */
  readonly silenceWithPositionsUs?: number;
  /** Longest silence when flat, > 0, or null when the exit brain only speaks while positions are open; default 5 s. */
  readonly silenceUs?: number | null;
  /** Longest time a guard may call itself DEGRADED, > 0; default 5 s. */
  readonly degradedUs?: number;
  /** Longest time without a decision while its position is open, > 0; default 30 s. */
  readonly stagnantUs?: number;
}

/** The limits for live data. */
export const defaultWatchdogOptions: Required<WatchdogOptions> = {
  silenceWithPositionsUs: 3_000_000,
  silenceUs: 5_000_000,
  degradedUs: 5_000_000,
  stagnantUs: 30_000_000,
};

/** Reasons of `system.panic_close` that are the watchdog's own. */
export type WatchdogReason =
  | 'EXIT_BRAIN_HEARTBEAT_LOST'
  | 'EXIT_BRAIN_DEGRADED_TOO_LONG'
  | 'EXIT_BRAIN_DECISION_STAGNANT'
  | 'POSITIONS_UNGUARDED';

/** The part of `exit.brain.heartbeat` that it listens to. */
export interface Heartbeat {
  readonly service_id: string;
  readonly status: 'OK' | 'DEGRADED';
  readonly last_decision_ts: number;
}

interface Guard {
  at: number;
  degradedSince: number | null;
  lastDecisionAt: number;
}

interface GuardedPosition {
  readonly symbol: string;
  readonly since: number;
}

/** What the watchdog has heard; made by `createWatchdog`, changed by the functions of this file only. */
export interface WatchdogState {
  readonly options: Required<WatchdogOptions>;
  readonly guards: Map<string, Guard>;
  readonly positions: Map<string, GuardedPosition>;
  startedAt: number;
  /** Raised already: one panic per episode, `rearmWatchdog` ends it. */
  panicked: boolean;
}

/** The name under which an exit brain vouches for one symbol. Per symbol, so that the number of threads changes no event. */
export function guardOf(symbol: string): string {
  return `exit_brain:${symbol}`;
}

/**
 * Guards the guard: a pure state machine that says when the exit brain can no longer be trusted with open positions.
 * It must run where the exit brain does not (the main thread), asked at least twice a second with a clock that cannot
 * be held up by market data: a monotonic one live, logical time in a backtest.
 *
 * @param now start of the watch, microseconds
 */
export function createWatchdog(options: WatchdogOptions = {}, now = 0): WatchdogState {
  return {
    options: { ...defaultWatchdogOptions, ...options },
    guards: new Map(),
    positions: new Map(),
    startedAt: now,
    panicked: false,
  };
}

/** Takes a heartbeat heard at `now`. A late copy of an older one changes nothing. */
export function onHeartbeat(state: WatchdogState, beat: Heartbeat, now: number): void {
  const guard = state.guards.get(beat.service_id);
  if (guard !== undefined && now < guard.at) return;
  const degraded = beat.status === 'DEGRADED';
  state.guards.set(beat.service_id, {
    at: now,
    degradedSince: degraded ? (guard?.degradedSince ?? now) : null,
    lastDecisionAt: Math.max(beat.last_decision_ts, guard?.lastDecisionAt ?? 0),
  });
}

/** From here on the position must have a guard. A repeat changes nothing. */
export function onPositionOpened(state: WatchdogState, positionId: string, symbol: string, now: number): void {
  if (!state.positions.has(positionId)) state.positions.set(positionId, { symbol, since: now });
}

/** The position needs no guard any more. An unknown one is ignored. */
export function onPositionClosed(state: WatchdogState, positionId: string): void {
  const position = state.positions.get(positionId);
  state.positions.delete(positionId);
  if (position === undefined) return;
  for (const other of state.positions.values()) if (other.symbol === position.symbol) return;
  // A guard without a position may fall silent; what it said about the last one is no evidence about the next.
  state.guards.delete(guardOf(position.symbol));
}

/** Ends the episode after the panic was dealt with and a human let the system go on. */
export function rearmWatchdog(state: WatchdogState, now: number): void {
  state.panicked = false;
  state.startedAt = now;
  state.guards.clear();
}

/**
 * The reason to close everything now, or null. Limits are exclusive: exactly 5 s is still tolerated.
 * Says so once per episode, because a panic is a latch and not a stream.
 */
export function checkWatchdog(state: WatchdogState, now: number): WatchdogReason | null {
  if (state.panicked) return null;
  const reason = faultOfPositions(state, now) ?? faultWhenFlat(state, now);
  if (reason !== null) state.panicked = true;
  return reason;
}

function faultOfPositions(state: WatchdogState, now: number): WatchdogReason | null {
  const { silenceWithPositionsUs, degradedUs, stagnantUs } = state.options;
  for (const { symbol, since } of state.positions.values()) {
    const guard = state.guards.get(guardOf(symbol));
    const from = Math.max(since, state.startedAt);
    if (guard === undefined) {
      if (now - from > silenceWithPositionsUs) return 'POSITIONS_UNGUARDED';
      continue;
    }
    if (now - Math.max(guard.at, from) > silenceWithPositionsUs) return 'EXIT_BRAIN_HEARTBEAT_LOST';
    if (guard.degradedSince !== null && now - guard.degradedSince > degradedUs) return 'EXIT_BRAIN_DEGRADED_TOO_LONG';
    if (now - Math.max(guard.lastDecisionAt, from) > stagnantUs) return 'EXIT_BRAIN_DECISION_STAGNANT';
  }
  return null;
}

function faultWhenFlat(state: WatchdogState, now: number): WatchdogReason | null {
  const { silenceUs, degradedUs } = state.options;
  let newest = state.startedAt;
  for (const guard of state.guards.values()) {
    if (guard.degradedSince !== null && now - guard.degradedSince > degradedUs) return 'EXIT_BRAIN_DEGRADED_TOO_LONG';
    newest = Math.max(newest, guard.at);
  }
  if (silenceUs === null || state.positions.size > 0) return null;
  return now - newest > silenceUs ? 'EXIT_BRAIN_HEARTBEAT_LOST' : null;
}
