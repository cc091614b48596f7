import type { Direction, Regime, RegimeDetail, SignalType } from '../../model/index.ts';

/** A closed bar. */
export interface Bar {
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
  /** Average true range of 14 bars in price units; null while unknown. */
  readonly atr: number | null;
}

/** The market as last classified: at the bar before, since a class is published after its bar. */
export interface MarketView {
  readonly regime: Regime;
  readonly detail: RegimeDetail;
}

/** What a strategy would do now. Prices are added by the runtime. */
export interface Proposal {
  readonly direction: Direction;
  readonly type: SignalType;
  /** 0..10. */
  readonly strength: number;
  readonly reason: string;
  /** Numbers behind the reason, for the record. */
  readonly facts: Readonly<Record<string, number>>;
}

/**
 * One strategy on one symbol. It sees bars in order, keeps what it needs, and may propose once for each bar. It must
 * be deterministic, so that what it says of the past never depends on what comes later.
 */
export interface Strategy {
  /** Bars it needs before a proposal means something; earlier proposals are dropped. */
  readonly warmupBars: number;
  update(bar: Bar, market: MarketView): Proposal | null;
}

export interface ParameterSpec {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** Meaning and unit. */
  readonly description: string;
}

export type Parameters<Name extends string = string> = Readonly<Record<Name, number>>;

/** A kind of strategy: its parameters and how to make one. */
export interface StrategyKind<Name extends string = string> {
  readonly parameters: Readonly<Record<Name, ParameterSpec>>;
  create(parameters: Parameters<Name>): Strategy;
}

/** Keeps the type of the parameter names, so that `create` can only read what is declared. */
export function strategyKind<Name extends string>(kind: StrategyKind<Name>): StrategyKind<Name> {
  return kind;
}

/** A strength on the scale of signals, cut at its ends. */
export function toStrength(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 10) * 100) / 100;
}
