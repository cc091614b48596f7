import { createFigures, setFigure, type Figures } from './figures.ts';

/** A position from flat to flat. */
export interface TradeRecord {
  readonly positionId: string;
  readonly symbol: string;
  readonly direction: 'LONG' | 'SHORT';
  readonly strategyId: string | null;
  readonly model: string | null;
  readonly size: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  /** Net of all fees, account currency. */
  readonly pnlUsd: number;
  readonly feesUsd: number;
  readonly rMultiple: number | null;
  /** Worst and best excursion while it was open, in R. */
  readonly maeR: number | null;
  readonly mfeR: number | null;
  readonly holdS: number;
  readonly exitReason: string;
  readonly closedAtUs: number;
}

const MICRO = 1e6;

/**
 * What a list of trades adds up to, one trade at a time. Money is summed in whole micro-units, so that the order of
 * trades changes nothing but the streaks.
 */
export class TradeStats {
  #count = 0;
  #wins = 0;
  #losses = 0;
  #profit = 0;
  #loss = 0;
  #fees = 0;
  #best: number | null = null;
  #worst: number | null = null;
  #streak = 0;
  #winStreak = 0;
  #lossStreak = 0;
  #holdS = 0;
  readonly #r = new MicroMean();
  readonly #mae = new MicroMean();
  readonly #mfe = new MicroMean();

  get count(): number {
    return this.#count;
  }

  /** Net profit and loss in account currency. */
  get netUsd(): number {
    return (this.#profit + this.#loss) / MICRO;
  }

  add(trade: TradeRecord): void {
    const pnl = Math.round(trade.pnlUsd * MICRO);
    this.#count++;
    if (pnl > 0) {
      this.#wins++;
      this.#profit += pnl;
      this.#streak = Math.max(this.#streak, 0) + 1;
    } else if (pnl < 0) {
      this.#losses++;
      this.#loss += pnl;
      this.#streak = Math.min(this.#streak, 0) - 1;
    } else {
      this.#streak = 0;
    }
    this.#winStreak = Math.max(this.#winStreak, this.#streak);
    this.#lossStreak = Math.max(this.#lossStreak, -this.#streak);
    this.#best = Math.max(this.#best ?? pnl, pnl);
    this.#worst = Math.min(this.#worst ?? pnl, pnl);
    this.#fees += Math.round(trade.feesUsd * MICRO);
    this.#holdS += trade.holdS;
    this.#r.add(trade.rMultiple);
    this.#mae.add(trade.maeR);
    this.#mfe.add(trade.mfeR);
  }

  /** @param tradesMin trades below which ratios are null */
  figures(tradesMin: number): Figures {
    const figures = createFigures();
    const set = (name: string, value: number | null, reason?: string): void => setFigure(figures, name, value, reason);
    const ratio = (name: string, value: number, reason: string): void => {
      const isEnough = this.#count >= tradesMin;
      set(name, isEnough ? value : null, isEnough ? reason : `needs ${tradesMin} trades, has ${this.#count}`);
    };
    const profit = this.#profit / MICRO;
    const loss = this.#loss / MICRO;
    const none = 'no trades';
    set('trades', this.#count);
    set('wins', this.#wins);
    set('losses', this.#losses);
    set('net_pnl_usd', this.netUsd);
    set('gross_profit_usd', profit);
    set('gross_loss_usd', loss);
    set('fees_closed_usd', this.#fees / MICRO);
    ratio('win_rate_ratio', this.#wins / this.#count, none);
    ratio('profit_factor', profit / -loss, 'no losing trade');
    ratio('payoff_ratio', profit / this.#wins / (-loss / this.#losses), this.#losses === 0 ? 'no losing trade' : 'no winning trade');
    set('expectancy_usd', this.netUsd / this.#count, none);
    set('mean_win_usd', profit / this.#wins, 'no winning trade');
    set('mean_loss_usd', loss / this.#losses, 'no losing trade');
    set('best_trade_usd', this.#best === null ? null : this.#best / MICRO, none);
    set('worst_trade_usd', this.#worst === null ? null : this.#worst / MICRO, none);
    set('hold_mean_s', this.#holdS / this.#count, none);
    const unknownR = 'no trade with a known initial risk';
    set('expectancy_r', this.#r.mean, unknownR);
    set('mae_mean_r', this.#mae.mean, unknownR);
    set('mfe_mean_r', this.#mfe.mean, unknownR);
    set('win_streak_longest', this.#winStreak);
    set('loss_streak_longest', this.#lossStreak);
    return figures;
  }
}

/** Figures of trades that depend on the order they came in. */
export const ORDERED_TRADE_FIGURES: readonly string[] = ['win_streak_longest', 'loss_streak_longest'];

/** A mean that does not depend on the order of its values. */
class MicroMean {
  #sum = 0;
  #count = 0;

  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / MICRO / this.#count;
  }

  add(value: number | null): void {
    if (value === null) return;
    this.#sum += Math.round(value * MICRO);
    this.#count++;
  }
}
