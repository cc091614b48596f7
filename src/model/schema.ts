import { Type } from '../event/index.ts';

/*
 * The schema nouns of the catalogue. Each carries its unit as `title`, so that a table can print it and a test can
 * hold every field name against its unit. JSON knows no NaN or infinity and neither do these.
 */

/** A price in quote currency, > 0. */
export const px = Type.Number({ title: 'px', exclusiveMinimum: 0 });
/** A size in units (lots for options), > 0; the direction or side stands beside it. */
export const qty = Type.Number({ title: 'qty', exclusiveMinimum: 0 });
/** Money in account currency; losses, rebates and credits are negative. */
export const usd = Type.Number({ title: 'usd' });
/** An instant: integer microseconds since 1970 UTC. */
export const us = Type.Integer({ title: 'us', minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** A share, 0..1. */
export const ratio = Type.Number({ title: 'ratio', minimum: 0, maximum: 1 });
/** A ratio that may pass 1, >= 0: volatility .6 = 60 %, a multiple of a baseline, a drawdown below zero equity. */
export const openRatio = Type.Number({ title: 'ratio', minimum: 0 });
/** A signed ratio, such as a funding rate. */
export const signedRatio = Type.Number({ title: 'ratio' });
/** A number > 0, such as a leverage. */
export const positive = Type.Number({ title: 'num', exclusiveMinimum: 0 });
/** Percent points: 5.2 means 5.2 %. Signed. */
export const pct = Type.Number({ title: 'pct' });
/** Basis points, signed: positive is a cost. */
export const bps = Type.Number({ title: 'bps' });
/** A duration in whole milliseconds, >= 0. */
export const ms = Type.Integer({ title: 'ms', minimum: 0 });
/** A duration in whole seconds, >= 0. */
export const seconds = Type.Integer({ title: 'seconds', minimum: 0 });
/** Any finite number. */
export const num = Type.Number({ title: 'num' });
/** A finite number >= 0: a volume, a depth, an indicator that cannot be negative. */
export const amount = Type.Number({ title: 'num', minimum: 0 });
/** How many, >= 0. */
export const count = Type.Integer({ title: 'count', minimum: 0 });
export const int = Type.Integer({ title: 'int' });
export const bool = Type.Boolean({ title: 'bool' });
/** Text for people, may be empty. */
export const str = Type.String({ title: 'str' });
/** A name that something is found by: never empty. */
export const id = Type.String({ title: 'id', minLength: 1 });
/** A reason code for programs: never empty, UPPER_CASE or lower_case as its component defines. */
export const code = Type.String({ title: 'code', minLength: 1 });
/** A calendar day, `YYYY-MM-DD`. */
export const day = Type.String({ title: 'day', pattern: '^\\d{4}-\\d{2}-\\d{2}$' });
/** A free-form object; its fields are not part of the contract. */
export const obj = Type.Record(Type.String(), Type.Unknown(), { title: 'obj' });
/** Numbers by name. */
export const numbers = Type.Record(Type.String(), num, { title: 'numbers' });
/** Shares 0..1 by name. */
export const ratios = Type.Record(Type.String(), ratio, { title: 'ratios' });
/** Numbers by name; one that is undefined is null, with its reason given elsewhere. */
export const numbersOrNull = Type.Record(Type.String(), Type.Union([num, Type.Null()]), { title: 'numbers' });
/** Texts by name. */
export const texts = Type.Record(Type.String(), str, { title: 'texts' });
export const strs = Type.Array(str, { title: 'str[]' });
export const codes = Type.Array(code, { title: 'code[]' });

/** A price that may be undefined or not apply. */
export const pxOrNull = Type.Union([px, Type.Null()], { title: 'px' });
/** Money that may be undefined. */
export const usdOrNull = Type.Union([usd, Type.Null()], { title: 'usd' });
export const pctOrNull = Type.Union([pct, Type.Null()], { title: 'pct' });
export const numOrNull = Type.Union([num, Type.Null()], { title: 'num' });
export const amountOrNull = Type.Union([amount, Type.Null()], { title: 'num' });
export const openRatioOrNull = Type.Union([openRatio, Type.Null()], { title: 'ratio' });
export const idOrNull = Type.Union([id, Type.Null()], { title: 'id' });
