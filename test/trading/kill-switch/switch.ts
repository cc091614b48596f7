import type { EventDefinition, EventInput } from '../../../src/event/index.ts';
import {
  PositionClosed,
  PositionOpened,
  RiskKillSwitchActivated,
  RiskKillSwitchFlattened,
  RiskKillSwitchReset,
  SystemOperatorCommand,
  SystemPreflightComplete,
  SystemTimerFired,
  type RiskKillSwitchActivatedPayload,
} from '../../../src/model/index.ts';
import {
  createKillSwitchState,
  step,
  type KillSwitchCollaborators,
  type KillSwitchOptions,
  type KillSwitchState,
} from '../../../src/trading/kill-switch/index.ts';
import { START_US } from '../../support/chain.ts';

export const SECOND_US = 1_000_000;
export const HOUR_US = 3_600 * SECOND_US;
export const DAY_US = 24 * HOUR_US;

/** Passes the proof "ok". */
export const secondFactor = { verify: (_operator: string, proof: string): boolean => proof === 'ok' };

/** A service under test whose own events come back to it, as they do from a bus. */
export class Switch {
  readonly state: KillSwitchState;
  now = START_US;
  seq = 0;
  readonly log: EventInput[] = [];

  constructor(options: KillSwitchOptions = {}, collaborators: KillSwitchCollaborators = {}) {
    this.state = createKillSwitchState(options, { secondFactor, ...collaborators });
  }

  send<P extends object>(definition: EventDefinition<P>, payload: NoInfer<P>): EventInput[] {
    return this.deliver({ type: definition.type, payload, key: definition.keyOf?.(payload) ?? '' });
  }

  deliver(draft: EventInput, seq = ++this.seq): EventInput[] {
    const { type, payload, key = null } = draft;
    const common = {
      v: 1,
      tsInitUs: 0,
      source: 'test',
      causationId: null,
      causeSeq: 0,
      emitIndex: 0,
      runId: 'run',
      priority: 'NORMAL',
    } as const;
    const id = `run-${seq}`;
    const out = step(this.state, { ...common, id, correlationId: id, type, payload, key, seq, timestamp: this.now });
    this.log.push(...out);
    const later = out.flatMap((one) => this.deliver(one));
    return [...out, ...later];
  }

  command(command: 'KILL' | 'RESET' | 'BLOCK' | 'UNBLOCK', args: Record<string, unknown> = {}, auth_ref = 'ok'): EventInput[] {
    return this.send(SystemOperatorCommand, { command, operator: 'op', auth_ref, args, justification: 'because' });
  }

  reset(args: Record<string, unknown> = { review_id: 'r1', phrase: 'UNLOCK main' }, auth_ref = 'ok'): EventInput[] {
    return this.command('RESET', args, auth_ref);
  }

  flattened(
    kill_switch_id = this.state.record?.killSwitchId ?? 'none',
    positions_total = 0,
    positions_closed = positions_total,
  ): EventInput[] {
    const rest = { orders_cancelled: 0, close_slippage_bps: 0, elapsed_ms: 1 };
    return this.send(RiskKillSwitchFlattened, { kill_switch_id, positions_total, positions_closed, ...rest });
  }

  preflight(passed = true): void {
    this.send(SystemPreflightComplete, { passed, checks: [] });
  }

  tick(us: number): EventInput[] {
    this.now += us;
    return this.send(SystemTimerFired, { name: 'kill', due: this.now });
  }

  open(position_id: string): void {
    const position = { symbol: 'AAA', direction: 'LONG', size: 1, entry_price: 1, stop_loss: null, risk_amount: null } as const;
    this.send(PositionOpened, { position_id, ...position });
  }

  closePosition(position_id: string): void {
    const position = { symbol: 'AAA', direction: 'LONG', size: 1, entry_price: 1, exit_price: 1, realized_pnl: 0 } as const;
    this.send(PositionClosed, { position_id, ...position, realized_pnl_percent: 0, hold_duration_seconds: 1, exit_reason: 'kill_switch' });
  }

  /** Killed, flat, a day old, preflight passed. */
  readyToReset(): void {
    this.command('KILL');
    this.flattened();
    this.now += DAY_US;
    this.preflight();
  }

  activations(): RiskKillSwitchActivatedPayload[] {
    return this.log
      .filter((draft) => draft.type === RiskKillSwitchActivated.type)
      .map((draft) => draft.payload as RiskKillSwitchActivatedPayload);
  }

  resets(): number {
    return this.log.filter((draft) => draft.type === RiskKillSwitchReset.type).length;
  }

  refusals(): string[] {
    return this.log
      .map((draft) => draft.payload as { action?: string; justification?: string })
      .flatMap((payload) => (payload.action === 'REFUSED' ? [payload.justification ?? ''] : []));
  }
}

/** What the kernel publishes. */
export function kernelActivation(kill_switch_id: string, latched_at = START_US): RiskKillSwitchActivatedPayload {
  const what = { trigger: 'daily_loss_exceeded', trigger_value: -5.2, threshold: -5, severity: 'CRITICAL', unit: 'percent' } as const;
  return { ...what, action_taken: '', human_override_required: true, kill_switch_id, latched_at, drill: false };
}
