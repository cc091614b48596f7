import type {
  MarketCalendarChangedPayload,
  MarketFeedGapPayload,
  SystemHumanOverrideChangedPayload,
  TradesReconciliationMismatchPayload,
} from '../../model/index.ts';

/** What the kernel knows of its surroundings. Times in microseconds. */
export interface Integrity {
  preflightPassed: boolean;
  /** Time of the newest market data by symbol. */
  readonly dataAt: Map<string, number>;
  readonly quality: Map<string, number>;
  /** Open gaps by symbol. A symbol has one: a disconnect outranks the rest. */
  readonly gaps: Map<string, { readonly cause: MarketFeedGapPayload['cause']; readonly from: number }>;
  /** Mismatch found by the last reconciliation of a symbol, percent. */
  readonly mismatchPct: Map<string, number>;
  exitBrainAt: number | null;
  exitBrainDegraded: boolean;
  readonly calendar: Map<string, MarketCalendarChangedPayload>;
  /** What a human has blocked: `entries`, or a symbol. */
  readonly blocked: Set<string>;
  /** Markets whose conditional no-trade rule a human has lifted. */
  readonly justified: Set<string>;
}

export function createIntegrity(): Integrity {
  return {
    preflightPassed: false,
    dataAt: new Map(),
    quality: new Map(),
    gaps: new Map(),
    mismatchPct: new Map(),
    exitBrainAt: null,
    exitBrainDegraded: false,
    calendar: new Map(),
    blocked: new Set(),
    justified: new Set(),
  };
}

/** Data of the symbol arrived. It ends every gap but a disconnect: that one ends only when the feed says so. */
export function onData(integrity: Integrity, symbol: string, at: number): void {
  integrity.dataAt.set(symbol, Math.max(at, integrity.dataAt.get(symbol) ?? 0));
}

export function onCandle(integrity: Integrity, symbol: string, at: number): void {
  onData(integrity, symbol, at);
  if (integrity.gaps.get(symbol)?.cause !== 'DISCONNECT') integrity.gaps.delete(symbol);
}

export function onGap(integrity: Integrity, payload: MarketFeedGapPayload): void {
  if (integrity.gaps.get(payload.symbol)?.cause === 'DISCONNECT') return;
  integrity.gaps.set(payload.symbol, { cause: payload.cause, from: payload.from });
}

export function onMismatch(integrity: Integrity, payload: TradesReconciliationMismatchPayload): void {
  integrity.mismatchPct.set(payload.symbol, Math.abs(payload.mismatch_percent));
}

/** A whole cycle that found nothing above the limit ends every earlier mismatch. */
export function onReconciled(integrity: Integrity, maxMismatchPct: number, limitPct: number): void {
  if (Math.abs(maxMismatchPct) <= limitPct) integrity.mismatchPct.clear();
}

/** When the first venue connection was lost that is still lost, or null. */
export function disconnectedSince(integrity: Integrity): number | null {
  const lost = [...integrity.gaps.values()].filter((gap) => gap.cause === 'DISCONNECT').map((gap) => gap.from);
  return lost.length === 0 ? null : Math.min(...lost);
}

const ENTRIES = 'entries';

export function onHumanOverride(integrity: Integrity, { action, scope }: SystemHumanOverrideChangedPayload): void {
  if (action === 'LOCK' || action === 'BLOCK_ENTRIES') integrity.blocked.add(ENTRIES);
  else if (action === 'BLOCK_SYMBOL') integrity.blocked.add(scope);
  else if (action === 'UNLOCK') {
    if (scope.startsWith('calendar:')) integrity.justified.add(scope.slice('calendar:'.length));
    else if (scope === 'all') integrity.blocked.clear();
    else integrity.blocked.delete(scope);
  }
}

export function isBlocked(integrity: Integrity, symbol: string): boolean {
  return integrity.blocked.has(ENTRIES) || integrity.blocked.has(symbol);
}

/** A new state of a market takes any earlier justification with it. */
export function onCalendar(integrity: Integrity, payload: MarketCalendarChangedPayload): void {
  integrity.calendar.set(payload.market, payload);
  integrity.justified.delete(payload.market);
}

export interface CalendarStance {
  readonly open: boolean;
  readonly sizeFactor: number;
  /** A stricter stop distance, or null. */
  readonly stopDistanceRatioMax: number | null;
}

const OPEN: CalendarStance = { open: true, sizeFactor: 1, stopDistanceRatioMax: null };
const SHUT: CalendarStance = { open: false, sizeFactor: 0, stopDistanceRatioMax: null };

/** The strictest stance of all markets. No calendar at all means open. */
export function calendarStance(integrity: Integrity, now: number): CalendarStance {
  let stance = OPEN;
  for (const market of integrity.calendar.values()) {
    const one = stanceOf(market, integrity.justified.has(market.market), now);
    if (!one.open) return SHUT;
    if (one.sizeFactor < stance.sizeFactor) stance = one;
  }
  return stance;
}

function stanceOf(market: MarketCalendarChangedPayload, justified: boolean, now: number): CalendarStance {
  if (market.state === 'OPEN' || market.state === 'PRE_CLOSE') return OPEN;
  if (market.state === 'CLOSED') return SHUT;
  if (now >= market.until) return OPEN;
  if (market.severity === 'HUMAN') return { open: true, sizeFactor: 0.75, stopDistanceRatioMax: null };
  if (market.severity === 'CONDITIONAL' && justified) return { open: true, sizeFactor: 0.5, stopDistanceRatioMax: 0.02 };
  return SHUT;
}
