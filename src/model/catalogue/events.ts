/*
 * Every definition of the catalogue by its constant's name. A new file of types is added here and thereby appears at
 * the door, in the list of all events and in `qt events`.
 */
export * from './exits.ts';
export * from './market.ts';
export * from './orders.ts';
export * from './policy.ts';
export * from './positions.ts';
export * from './risk.ts';
export * from './safety.ts';
export * from './signals.ts';
export * from './system.ts';
export * from './trades.ts';
