import type { EventInput, HandlerContext, QtEvent } from '../event/index.ts';

/** Fields that name the same trade over its whole life. */
const TRADE_IDS = ['request_id', 'position_id', 'trade_id', 'client_order_id', 'order_id'] as const;
/** Ids kept: those of a few thousand trades, each with a handful of orders. */
const IDS_MAX = 20_000;

/**
 * Keeps the correlation of a trade. A fill is caused by the price that made it, and so is a decision to exit; but both
 * belong to the chain that began with the candle behind the entry, and carry its id by the names they share with it.
 */
export class Chains {
  readonly #correlations = new Map<string, string>();

  /** Publishes what a handler derived, each in the chain of its trade. */
  publish(event: QtEvent<object>, outs: readonly EventInput[], ctx: Pick<HandlerContext, 'publish'>): void {
    this.#learn(idsOf(event.payload), event.correlationId);
    for (const out of outs) ctx.publish(this.#place(out, event.correlationId));
  }

  #place(out: EventInput, cause: string): EventInput {
    const ids = idsOf(out.payload);
    const known = ids.find((id) => this.#correlations.has(id));
    const correlationId = known === undefined ? cause : (this.#correlations.get(known) ?? cause);
    this.#learn(ids, correlationId);
    if (correlationId === cause) return out;
    // The prototype stays: it says that the payload was checked already.
    return Object.assign(Object.create(Object.getPrototypeOf(out) as object) as object, out, { correlationId }) as EventInput;
  }

  /** The first chain an id is seen in is its own. */
  #learn(ids: readonly string[], correlationId: string): void {
    for (const id of ids) {
      if (this.#correlations.has(id)) continue;
      this.#correlations.set(id, correlationId);
      if (this.#correlations.size > IDS_MAX) this.#correlations.delete(this.#correlations.keys().next().value as string);
    }
  }
}

function idsOf(payload: object): string[] {
  const fields = payload as Readonly<Record<string, unknown>>;
  return TRADE_IDS.map((name) => fields[name]).filter((id): id is string => typeof id === 'string');
}
