/**
 * The strategies that come with the runtime, by the name a configuration uses.
 *
 * @module
 */
import type { StrategyKind } from '../strategy.ts';
import { bollinger } from './bollinger.ts';
import { breakout } from './breakout.ts';
import { emaCross } from './ema-cross.ts';
import { macd } from './macd.ts';
import { rsi } from './rsi.ts';
import { trend } from './trend.ts';

export const BUILT_IN_STRATEGIES: Readonly<Record<string, StrategyKind>> = { trend, rsi, macd, bollinger, ema_cross: emaCross, breakout };
