/**
 * The nouns of trading and the catalogue of every event type. Pure data and conversions: no bus, no clock, no I/O.
 *
 * @module
 */
export { accountKey, MAIN_ACCOUNT } from './account.ts';
export { TIMEFRAME_US, toCandle, type Candle } from './candle.ts';
export * from './catalogue/index.ts';
export { toClientOrderId } from './client-order-id.ts';
export { signOf, toEntrySide, toExitSide } from './direction.ts';
export * from './errors.ts';
export { createInstrument, defaultInstrument, TRADE_AS, type Instrument, type InstrumentSpec, type TradeAs } from './instrument.ts';
export { fromOrder, toFill, toOrder, type Fill, type Order } from './order.ts';
export { grossPnl, toRMultiple, type Position } from './position.ts';
export {
  compareShare,
  floorSize,
  fromMicros,
  fromSteps,
  fromTicks,
  MICROS,
  notionalMicros,
  roundCharge,
  roundLimit,
  roundPrice,
  roundStop,
  toMicros,
  toSteps,
  toTicks,
  toWire,
} from './quantity.ts';
export { toHealthStatus, toStrategyLifecycle } from './status.ts';
export { createTradingDays, type TradingDay, type TradingDays } from './trading-day.ts';
export * from './words.ts';
