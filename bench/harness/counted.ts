import type { EventBus, EventInput } from '../../src/index.ts';
import type { OpenedPeers } from '../peers/peer.ts';
import { checksumOfInputs, type Inputs } from '../trade.ts';
import type { Subject } from './alternate.ts';
import { checkSame } from './check.ts';
import type { Tally } from './tally.ts';

/** A subject whose receiver counts into the tally; a round ends when it has counted the last event. */
export function countedSubject(
  tally: Tally,
  inputs: Inputs,
  name: string,
  events: number,
  run: () => Promise<void> | void,
  after: () => Promise<void> | void = () => {},
): Subject {
  return {
    name,
    events,
    prepare: () => tally.expect(events),
    run: async () => {
      await run();
      await tally.wait();
    },
    check: async () => {
      await after();
      tally.check(events, checksumOfInputs(inputs, events));
    },
  };
}

/** The peers as subjects, each with its share of the events. */
export function peerSubjects({ peers }: OpenedPeers, tally: Tally, inputs: Inputs, events: number): Subject[] {
  return peers.map(({ name, send, share }) => {
    const count = Math.max(1, Math.round(events * share));
    return countedSubject(tally, inputs, name, count, () => send(count));
  });
}

/** By name, where a peer's job is another one. */
export function peerNotes({ peers }: OpenedPeers): ReadonlyMap<string, string> {
  return new Map(peers.map(({ name, note }) => [name, note]));
}

/** The hot path: what finds the queue full waits. */
export async function tryPublishAll(bus: EventBus, drafts: readonly EventInput[], mask: number, events: number): Promise<void> {
  for (let i = 0; i < events; i++) {
    const draft = drafts[i & mask]!;
    if (bus.tryPublish(draft) < 0) await bus.publish(draft);
  }
}

/**
 * Every event that was published has been acknowledged by each group, none twice, none by way of the dead letters.
 *
 * @throws CheckError
 */
export async function checkBooks(bus: EventBus, groups = 1): Promise<void> {
  await bus.drain({ timeoutMs: 60_000 });
  const stats = bus.getStats();
  checkSame('acknowledged', stats.acknowledged, stats.published * groups);
  checkSame('pending, dead-lettered, dropped or retried', stats.pending + stats.deadLettered + stats.dropped + stats.retried, 0);
}
