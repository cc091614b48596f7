import type { Side } from '../../../model/index.ts';
import { chargesUnrounded, type ChargePreset, type Liquidity, type Turnover } from './charges.ts';
import { makerSlippageBps, takerSlippageBps, type SlippageOptions } from './slippage.ts';

/** A trade from entry to exit, as planned. Prices in quote currency per unit, size in units, all > 0. */
export interface RoundTrip {
  readonly side: Side;
  readonly size: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly entryLiquidity: Liquidity;
  readonly exitLiquidity: Liquidity;
  /** ATR / entry price, ratio, >= 0. */
  readonly atrRatio: number;
  /** Hours held, >= 0; counts for funding only. */
  readonly hours: number;
  readonly multiplier?: number;
}

/** Costs in account currency. */
export interface RoundTripCost {
  readonly charges: number;
  readonly slippage: number;
  readonly funding: number;
  readonly total: number;
}

/**
 * What a round trip is expected to cost, unrounded: charges of both orders, slippage of both by liquidity (the `atr`
 * formula), and funding on the entry notional.
 *
 * @example estimateRoundTrip(chargePreset('crypto_futures'), defaultSlippageOptions, trip).total
 */
export function estimateRoundTrip(preset: ChargePreset, slippage: SlippageOptions, trip: RoundTrip): RoundTripCost {
  const units = trip.size * (trip.multiplier ?? 1);
  const entryMoney = units * trip.entryPrice;
  const exitMoney = units * trip.exitPrice;
  const charges =
    chargesUnrounded(preset, turnoverOf(trip.side, trip.entryLiquidity, entryMoney, trip.size)) +
    chargesUnrounded(preset, turnoverOf(trip.side === 'BUY' ? 'SELL' : 'BUY', trip.exitLiquidity, exitMoney, trip.size));
  const bps = (liquidity: Liquidity): number =>
    liquidity === 'MAKER' ? makerSlippageBps(slippage) : takerSlippageBps(slippage, trip.atrRatio);
  const slippageMoney = (entryMoney * bps(trip.entryLiquidity) + exitMoney * bps(trip.exitLiquidity)) / 1e4;
  const funding = (entryMoney * (preset.fundingRatioPer8h ?? 0) * trip.hours) / 8;
  return { charges, slippage: slippageMoney, funding, total: charges + slippageMoney + funding };
}

/** The cost in units of the trade's initial risk: cost / (|entry - stop| * size * multiplier). */
export function costInR(cost: number, entryPrice: number, stopPrice: number, size: number, multiplier = 1): number {
  return cost / (Math.abs(entryPrice - stopPrice) * size * multiplier);
}

/** Measured slippage of a fill in basis points of the decision price; positive is worse. */
export function slippageBps(side: Side, decisionPrice: number, fillPrice: number): number {
  return ((side === 'BUY' ? 1 : -1) * (fillPrice - decisionPrice) * 1e4) / decisionPrice;
}

/** The turnover of an order that traded at one liquidity only. */
export function turnoverOf(side: Side, liquidity: Liquidity, money: number, size: number): Turnover {
  const maker = liquidity === 'MAKER';
  return {
    side,
    makerMoney: maker ? money : 0,
    takerMoney: maker ? 0 : money,
    makerSize: maker ? size : 0,
    takerSize: maker ? 0 : size,
  };
}

/** What one order is expected to cost at its decision price: charges, half the spread, and slippage if it is a taker. */
export function estimateOrder(
  preset: ChargePreset,
  order: { readonly side: Side; readonly liquidity: Liquidity; readonly money: number; readonly size: number },
  spreadBps: number,
  slippageBpsExpected: number,
): number {
  const market = order.liquidity === 'TAKER' ? (order.money * (spreadBps / 2 + slippageBpsExpected)) / 1e4 : 0;
  return chargesUnrounded(preset, turnoverOf(order.side, order.liquidity, order.money, order.size)) + market;
}
