import type { SkippedSubject } from '../case.ts';
import { MissingPeer } from '../harness/optional.ts';
import type { Tally } from '../harness/tally.ts';
import type { Inputs } from '../trade.ts';

/** Another way of handing an event to a handler, ready to go. */
export interface Peer {
  /** Sends that many events, the inputs in a circle; the tally says when they have arrived. */
  send(events: number): Promise<void> | void;
  stop(): Promise<unknown> | void;
}

/** How a peer is started, and what it is. */
export interface PeerKind {
  readonly name: string;
  /** Where its job differs from that of the bus. */
  readonly note: string;
  /** Share of the events of a round: a slow peer sends fewer, a fast one more, so that rounds are of like length. */
  readonly share: number;
  /** @throws MissingPeer */
  open(tally: Tally, inputs: Inputs): Promise<Peer>;
}

export interface OpenedPeers {
  readonly peers: readonly (Peer & Omit<PeerKind, 'open'>)[];
  readonly skipped: readonly SkippedSubject[];
}

/** Starts those that are installed. */
export async function openPeers(kinds: readonly PeerKind[], tally: Tally, inputs: Inputs): Promise<OpenedPeers> {
  const peers = [];
  const skipped = [];
  for (const { name, note, open, share } of kinds) {
    try {
      const peer = await open(tally, inputs);
      peers.push({ name, note, share, send: (events: number) => peer.send(events), stop: () => peer.stop() });
    } catch (error) {
      if (!(error instanceof MissingPeer)) throw error;
      skipped.push({ subject: name, reason: error.message });
    }
  }
  return { peers, skipped };
}

/** Sends windows of promises that are awaited together. */
export async function sendWindows(events: number, window: number, send: (index: number) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < events; from += window) {
    const promises = [];
    for (let i = from; i < Math.min(from + window, events); i++) promises.push(send(i));
    await Promise.all(promises);
  }
}
