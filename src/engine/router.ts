import type { TypeEntry, TypeTable } from '../codec/index.ts';
import type { Member } from './member.ts';
import type { Subscription } from './subscription.ts';

/** One group's claim on an event type: one of these members gets the event, chosen by key. */
export interface Leg {
  readonly members: readonly Member[];
  /** Bit of each member in the page's TARGETS word. */
  readonly bits: readonly number[];
  /** Lane for this leg, or -1 for the event's own. */
  readonly lane: number;
}

/** Up to 31 consumers that share one frame; a type with more has several pages. */
export interface Page {
  /** Route id in the frame, from 1. */
  readonly id: number;
  readonly legs: readonly Leg[];
  /** Successes are reported, because a standby must know them. */
  readonly wantsAcknowledgement: boolean;
  /** By bit. */
  readonly members: readonly Member[];
}

/** Where events of one type go. Rebuilt when subscriptions change; frames of an old route stay valid. */
export interface Route {
  readonly type: string;
  readonly pages: readonly Page[];
}

const PAGE_BITS = 31;

/** Keeps the subscriptions and turns them into routes, once per type. */
export class Router {
  readonly subscriptions: Subscription[] = [];
  /** By type number; numbers of dynamic types come from the other end and have a list of their own, to keep both dense. */
  readonly #routes: (Route | undefined)[] = [];
  readonly #dynamicRoutes = new Map<number, Route>();
  readonly #pages = new Map<number, Page>();
  /** Pages of single members, by consumer id. */
  readonly #single = new Map<number, Page>();
  readonly #onPage: (page: Page) => void;
  readonly #onOldPage: (page: Page) => void;
  #nextPage = 1;

  /**
   * @param onPage told of every new page before a frame can carry its id
   * @param onOldPage told when no new frame will carry a page's id; those in the rings still may
   */
  constructor(onPage: (page: Page) => void, onOldPage: (page: Page) => void) {
    this.#onPage = onPage;
    this.#onOldPage = onOldPage;
  }

  get pages(): readonly Page[] {
    return [...this.#pages.values()];
  }

  add(subscription: Subscription): void {
    this.subscriptions.push(subscription);
    this.#forget(subscription);
  }

  remove(subscription: Subscription): void {
    const index = this.subscriptions.indexOf(subscription);
    if (index >= 0) this.subscriptions.splice(index, 1);
    this.#forget(subscription);
  }

  routeOf(entry: TypeEntry): Route {
    return (entry.isDynamic ? this.#dynamicRoutes.get(entry.id) : this.#routes[entry.id]) ?? this.#build(entry);
  }

  /**
   * Makes the routes of all types that are known by now, so that threads start with them: a route that comes by message is
   * only read between two batches, and the first event that needs it, a kill say, would wait until then.
   */
  prepare(table: TypeTable): void {
    for (const { id } of table.toRecords()) this.routeOf(table.byId(id)!);
  }

  page(id: number): Page | undefined {
    return this.#pages.get(id);
  }

  /** A page for a single member: how retries, releases and redrives reach it. */
  pageOf(member: Member): Page {
    const known = this.#single.get(member.id);
    if (known !== undefined) return known;
    const page = this.#addPage([[[member], member.subscription.lane]]);
    this.#single.set(member.id, page);
    return page;
  }

  /** The member is gone: nothing is sent to it alone any more. */
  retire(member: Member): void {
    const page = this.#single.get(member.id);
    this.#single.delete(member.id);
    if (page !== undefined) this.#onOldPage(page);
  }

  /**
   * No frame carries this number any more. It is not used again: a worker that knows a number does not wait for a message
   * about it, and would take the new page for the old one.
   */
  drop(id: number): void {
    this.#pages.delete(id);
  }

  /** Routes of the types that a subscription matches are made anew. */
  #forget(subscription: Subscription): void {
    for (const [id, route] of this.#routes.entries()) {
      if (route !== undefined && this.#isOld(route, subscription)) this.#routes[id] = undefined;
    }
    for (const [id, route] of this.#dynamicRoutes) if (this.#isOld(route, subscription)) this.#dynamicRoutes.delete(id);
  }

  #isOld(route: Route, subscription: Subscription): boolean {
    if (!subscription.matches(route.type)) return false;
    for (const page of route.pages) this.#onOldPage(page);
    return true;
  }

  #build(entry: TypeEntry): Route {
    const legs: [Member[], number][] = [];
    const byGroup = new Map<string, Member[]>();
    for (const subscription of this.subscriptions) {
      if (!subscription.matches(entry.type)) continue;
      if (subscription.broadcast || subscription.failover) {
        for (const member of subscription.members) legs.push([[member], subscription.lane]);
        continue;
      }
      const group = byGroup.get(subscription.group);
      if (group !== undefined) {
        group.push(...subscription.members);
        continue;
      }
      const members = [...subscription.members];
      byGroup.set(subscription.group, members);
      legs.push([members, subscription.lane]);
    }
    const pages: Page[] = [];
    let open: [Member[], number][] = [];
    let used = 0;
    for (const leg of legs) {
      if (used + leg[0].length > PAGE_BITS && open.length > 0) {
        pages.push(this.#addPage(open));
        open = [];
        used = 0;
      }
      open.push(leg);
      used += leg[0].length;
    }
    if (open.length > 0) pages.push(this.#addPage(open));
    const route: Route = { type: entry.type, pages };
    if (entry.isDynamic) this.#dynamicRoutes.set(entry.id, route);
    else this.#routes[entry.id] = route;
    return route;
  }

  #addPage(legs: readonly (readonly [Member[], number])[]): Page {
    const all: Member[] = [];
    const built = legs.map(([members, lane]): Leg => {
      const bits = members.map((member) => {
        all.push(member);
        return all.length - 1;
      });
      return { members, bits, lane };
    });
    const wantsAcknowledgement = all.some((member) => member.subscription.failover);
    const page: Page = { id: this.#nextPage++, legs: built, members: all, wantsAcknowledgement };
    this.#pages.set(page.id, page);
    this.#onPage(page);
    return page;
  }
}
