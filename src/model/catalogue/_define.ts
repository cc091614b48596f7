import { defineEvent, type EventDefinition, type EventSpec, type Static, type TSchema } from '../../event/index.ts';
import { accountKey } from '../account.ts';

/** What orders and owns a type: an instrument, an account, a strategy, a model, or a service. */
export type KeyKind = 'sym' | 'acct' | 'strat' | 'model' | 'sys';

/** `perm` is never deleted. */
export type Keep = `${number}h` | `${number}d` | 'perm';

export interface CatalogueSpec<S extends TSchema> extends Required<
  Pick<EventSpec<S>, 'payload' | 'priority' | 'key' | 'description' | 'publishers' | 'consumers'>
> {
  readonly keyKind: KeyKind;
  /** Time in the journal. */
  readonly keep: Keep;
  /** How many are kept in memory and Redis, and in a journal that is trimmed; default 10 000. */
  readonly window?: number | 'unlimited';
  /** True if the window is meant for each key and not for the type. */
  readonly windowPerKey?: boolean;
  /** The rate its publisher keeps, in words: it holds per symbol, position or operator, which no bucket of a type can enforce. */
  readonly rate?: string;
}

/** What only the catalogue knows of a type. */
export interface CatalogueEntry {
  readonly keyKind: KeyKind;
  readonly windowPerKey: boolean;
  readonly rate: string;
}

/** The payload of a definition. */
export type PayloadOf<D> = D extends EventDefinition<infer P> ? P : never;

/** Stands for "every service" among the consumers. */
export const EVERYONE: readonly string[] = ['*'];

const WINDOW_LENGTH = 10_000;
const HOUR_MS = 3_600_000;
const registered = new Map<string, CatalogueEntry>();

/** Defines a type of the catalogue. */
export function catalogued<S extends TSchema>(type: string, spec: CatalogueSpec<S>): EventDefinition<Static<S> & object> {
  const { keyKind, keep, window = WINDOW_LENGTH, windowPerKey = false, rate = '', ...rest } = spec;
  const definition = defineEvent<S>(type, { ...rest, retentionMs: toRetention(keep), maxLength: window });
  registered.set(type, { keyKind, windowPerKey, rate });
  return definition;
}

/** Takes a type that is defined elsewhere into the catalogue: one that the engine itself publishes. */
export function listed<D extends { readonly type: string }>(definition: D, keyKind: KeyKind): D {
  registered.set(definition.type, { keyKind, windowPerKey: false, rate: '' });
  return definition;
}

/** The entry of a type of the catalogue. */
export function entryOf(type: string): CatalogueEntry {
  const entry = registered.get(type);
  if (entry === undefined) throw new Error(`No catalogue entry for ${type}`);
  return entry;
}

/** True for a type of the catalogue whose window is meant for each key. */
export function isWindowPerKey(type: string): boolean {
  return registered.get(type)?.windowPerKey ?? false;
}

/** Key of a payload that names its symbol. */
export const bySymbol = { keyKind: 'sym', key: (payload: { symbol: string }) => payload.symbol } as const;

/** Key of account-wide facts: the payload's own `account` if the publisher added one, else the main account. */
export const byAccount = {
  keyKind: 'acct',
  key: (payload: object) => {
    const account: unknown = (payload as { account?: unknown }).account;
    return typeof account === 'string' && account !== '' ? accountKey(account) : accountKey();
  },
} as const;

/** Key of facts about the system as one. */
export const bySystem = { keyKind: 'sys', key: () => 'sys' } as const;

export const byStrategy = { keyKind: 'strat', key: (payload: { strategy_id: string }) => payload.strategy_id } as const;

export const byModel = { keyKind: 'model', key: (payload: { model_name: string }) => payload.model_name } as const;

/**
 * Symbol of a payload whose contract has none: the source documents left it out of a few types. A publisher adds
 * `symbol` beside or inside `metadata`, or gives the key with the draft; else the fact is ordered by its own id.
 */
export function symbolOr(payload: object, own: string): string {
  const { symbol, metadata } = payload as { symbol?: unknown; metadata?: { symbol?: unknown } };
  if (typeof symbol === 'string' && symbol !== '') return symbol;
  const inner = metadata?.symbol;
  return typeof inner === 'string' && inner !== '' ? inner : own;
}

function toRetention(keep: Keep): number | 'forever' {
  if (keep === 'perm') return 'forever';
  const length = Number(keep.slice(0, -1));
  return length * (keep.endsWith('d') ? 24 : 1) * HOUR_MS;
}
