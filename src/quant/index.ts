/**
 * Pure mathematics: streaming indicators that return null until they are warm, and statistics. Numbers in, numbers
 * out; knows nothing of events, instruments or time.
 *
 * @module
 */
export { Ema, Sma } from './averages.ts';
export { Bollinger, Donchian, RollingDeviation, type Band } from './bands.ts';
export { Adx, Atr, type Directional } from './directional.ts';
export { normalCdf, normalInverse } from './normal.ts';
export { Macd, Rsi, type MacdValue } from './oscillators.ts';
export { correlation, mean, populationStdev, quantile, sampleStdev } from './statistics.ts';
export { Window } from './window.ts';
