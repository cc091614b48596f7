/**
 * What trading costs: charges as rules, slippage models, and estimates of a round trip. Numbers in, numbers out.
 *
 * @module
 */
export {
  chargeLines,
  chargesMicro,
  chargesUnrounded,
  type ChargePreset,
  type ChargeRule,
  type Liquidity,
  type Turnover,
} from './charges.ts';
export { costInR, estimateOrder, estimateRoundTrip, slippageBps, turnoverOf, type RoundTrip, type RoundTripCost } from './estimate.ts';
export { CHARGE_PRESETS, chargePreset } from './presets.ts';
export {
  defaultSlippageOptions,
  makerSlippageBps,
  resolveSlippageOptions,
  takerSlippage,
  takerSlippageBps,
  type SlippageMarket,
  type SlippageOptions,
} from './slippage.ts';
