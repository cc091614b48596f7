import { QtError } from '../../../base/index.ts';
import { QT_EXECUTION_PRESET_UNKNOWN } from '../errors.ts';
import type { ChargePreset } from './charges.ts';

/**
 * The price lists that ship. Rates are ratios: 0.1 % is 0.001. Brokers and exchanges change theirs; a configuration
 * that must be exact gives its own rules.
 */
export const CHARGE_PRESETS: Readonly<Record<string, ChargePreset>> = Object.freeze({
  none: { name: 'none', rules: [], minorUnit: 0.01, source: 'no charges' },
  nse_delivery: {
    name: 'nse_delivery',
    rules: [
      { name: 'stt', basis: 'turnover', rateRatio: 0.001 },
      { name: 'transaction', basis: 'turnover', rateRatio: 0.0000307, taxed: true },
      { name: 'sebi', basis: 'turnover', rateRatio: 0.000001, taxed: true },
      { name: 'stamp', basis: 'buy', rateRatio: 0.00015 },
    ],
    taxRatio: 0.18,
    minorUnit: 0.01,
    source: 'NSE equity delivery, zero brokerage; rates as in marketcalls/openalgo portfolio/costs.py',
  },
  nse_intraday: {
    name: 'nse_intraday',
    rules: [
      { name: 'brokerage', basis: 'order', rateRatio: 0.0003, max: 20, taxed: true },
      { name: 'stt', basis: 'sell', rateRatio: 0.00025 },
      { name: 'transaction', basis: 'turnover', rateRatio: 0.0000345, taxed: true },
      { name: 'sebi', basis: 'turnover', rateRatio: 0.000001 },
      { name: 'stamp', basis: 'buy', rateRatio: 0.00003 },
    ],
    taxRatio: 0.18,
    minorUnit: 0.01,
    source: 'NSE equity intraday at a discount broker: the lower of 0.03 % and 20 INR per order',
  },
  crypto_spot: {
    name: 'crypto_spot',
    rules: [{ name: 'commission', basis: 'turnover', rateRatio: 0.001 }],
    minorUnit: 0.000001,
    source: 'entry tier of the large spot exchanges, maker and taker 0.1 %',
  },
  crypto_futures: {
    name: 'crypto_futures',
    rules: [
      { name: 'maker', basis: 'turnover', rateRatio: 0.0002, liquidity: 'MAKER' },
      { name: 'taker', basis: 'turnover', rateRatio: 0.0004, liquidity: 'TAKER' },
    ],
    fundingRatioPer8h: 0.0001,
    minorUnit: 0.000001,
    source: 'entry tier of the large perpetual-futures exchanges; funding 0.01 % per 8 h',
  },
  us_equity: {
    name: 'us_equity',
    rules: [{ name: 'commission', basis: 'order', perUnit: 0.005, min: 1, maxRatio: 0.01 }],
    minorUnit: 0.01,
    // Regulatory fees on sales (below 0.003 % in every year from 2000 on) are left out: they changed yearly and round to nothing here.
    source: 'ours: USD 0.005 per share, at least USD 1 and at most 1 % per order, the shape of fixed-price US brokers',
  },
});

/**
 * The named price list.
 *
 * @throws QtError QT_EXECUTION_PRESET_UNKNOWN
 */
export function chargePreset(name: string): ChargePreset {
  const preset = Object.hasOwn(CHARGE_PRESETS, name) ? CHARGE_PRESETS[name] : undefined;
  if (preset === undefined) {
    const known = Object.keys(CHARGE_PRESETS).join(', ');
    throw new QtError(QT_EXECUTION_PRESET_UNKNOWN, `Cannot charge orders by preset ${JSON.stringify(name)}: known are ${known}`, {
      details: { name },
    });
  }
  return preset;
}
