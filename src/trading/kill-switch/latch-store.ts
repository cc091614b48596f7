import type { KillSeverity, RiskKillSwitchActivatedPayload } from '../../model/index.ts';

/** ARMED: trading. REDUCING: only orders that reduce. HALTED: flat, nothing passes. RECOVERING: a reset is being held. */
export type KillPhase = 'ARMED' | 'REDUCING' | 'HALTED' | 'RECOVERING';

/** What survives a restart. */
export interface LatchRecord {
  readonly account: string;
  readonly phase: KillPhase;
  /** The latch, or the last one while ARMED. */
  readonly killSwitchId: string;
  readonly trigger: string;
  readonly triggerValue: number;
  readonly threshold: number;
  readonly unit: RiskKillSwitchActivatedPayload['unit'];
  readonly severity: KillSeverity;
  /** Microseconds. */
  readonly latchedAt: number;
  readonly drill: boolean;
  /** Worst drawdown since the latch closed, 0..; decides how long it must stay. */
  readonly drawdownRatio: number;
}

/** What was found at start. All but `absent` and an ARMED record of our own account mean: the switch is on. */
export type LatchRead =
  | { readonly kind: 'absent' }
  | { readonly kind: 'record'; readonly record: LatchRecord }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Where the latch outlives the process. Synchronous: nothing may happen between "latched" and "written". */
export interface LatchStore {
  read(): LatchRead;
  /** @throws QtError QT_KILL_SWITCH_LATCH_WRITE */
  write(record: LatchRecord): void;
}

/** For backtest and paper, where a run begins armed. */
export function createMemoryLatchStore(record: LatchRecord | null = null): LatchStore {
  let kept = record;
  return {
    read: () => (kept === null ? { kind: 'absent' } : { kind: 'record', record: kept }),
    write: (next) => {
      kept = next;
    },
  };
}
