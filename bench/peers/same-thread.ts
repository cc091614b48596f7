/** Emitters and queues that call the handler on the calling thread. */
import type Emittery from 'emittery';
import type { EventEmitter } from 'eventemitter3';
import type Fastq from 'fastq';
import type Mitt from 'mitt';
import { importOptional } from '../harness/optional.ts';
import { BenchTrade, type Trade } from '../trade.ts';
import { sendWindows, type PeerKind } from './peer.ts';

type Message = { readonly payload: Trade };
type Events = Record<string, Message>;

const TYPE = BenchTrade.type;
const WINDOW = 64;
/** A function call is over so soon that a round of as many as the others' would be too short to time. */
const CALL_SHARE = 20;

export const eventemitter3: PeerKind = {
  name: 'eventemitter3',
  note: 'same thread, a function call; no books, no retry',
  share: CALL_SHARE,
  async open(tally, { mask, plain }) {
    const module = await importOptional<{ EventEmitter: typeof EventEmitter }>('eventemitter3');
    const emitter = new module.EventEmitter<Record<string, [Message]>>();
    emitter.on(TYPE, (event) => tally.add(event.payload));
    return {
      send: (events) => {
        for (let i = 0; i < events; i++) emitter.emit(TYPE, plain[i & mask]!);
      },
      stop: () => {},
    };
  },
};

export const mitt: PeerKind = {
  name: 'mitt',
  note: 'same thread, a function call; one throw stops the rest',
  share: CALL_SHARE,
  async open(tally, { mask, plain }) {
    const module = await importOptional<{ default: typeof Mitt.default }>('mitt');
    const emitter = module.default<Events>();
    emitter.on(TYPE, (event: Message) => tally.add(event.payload));
    return {
      send: (events) => {
        for (let i = 0; i < events; i++) emitter.emit(TYPE, plain[i & mask]!);
      },
      stop: () => {},
    };
  },
};

export const emittery: PeerKind = {
  name: 'emittery',
  note: `same thread, asynchronous, windows of ${WINDOW}; no retry`,
  share: 1,
  async open(tally, { mask, plain }) {
    const module = await importOptional<{ default: typeof Emittery }>('emittery');
    const emitter = new module.default<Events>();
    emitter.on(TYPE, ({ data }) => tally.add(data.payload));
    return {
      send: (events) => sendWindows(events, WINDOW, (i) => emitter.emit(TYPE, plain[i & mask]!)),
      stop: () => emitter.clearListeners(),
    };
  },
};

export const fastq: PeerKind = {
  name: 'fastq',
  note: 'same thread, a work queue and not a bus',
  share: CALL_SHARE,
  async open(tally, { mask, plain }) {
    const module = await importOptional<{ default: typeof Fastq }>('fastq');
    const work = (event: Message, done: (error: null) => void): void => {
      tally.add(event.payload);
      done(null);
    };
    const queue = module.default<unknown, Message>(work, 1);
    return {
      send: (events) => {
        for (let i = 0; i < events; i++) queue.push(plain[i & mask]!);
      },
      stop: () => {},
    };
  },
};
