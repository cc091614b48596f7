import { Session } from 'node:inspector';

/** Shorter than the time of two hundred events; finer sampling would be part of what it measures. */
const SAMPLE_US = 100;

/** What a function of ours does for an event, by the first pattern that its place (`folder/file.ts#function`) fits. */
const PARTS: readonly (readonly [part: string, place: RegExp])[] = [
  ['encode', /^codec\/(write$|encoder|_write|_plain|_positional)|^engine\/intake|^event\//],
  ['decode', /^codec\/(read$|decoder|_read|_text-cache|delivered-event)/],
  ['copy', /^codec\/frame/],
  ['history', /^engine\/history/],
  ['ring', /^ring\//],
  ['wait and wake', /^engine\/worker\.ts|^engine\/control\.ts#wake|^engine\/environment/],
  ['publish: route, books', /^engine\/(publish|dispatcher|router|outlet|bus|roster|limit)/],
  ['deliver: lanes, order, books', /^engine\//],
  ['publisher and handler of the case', /^bench\/|^[a-z]+\/(tally|trade|counted|event-profile|profiled)\./],
  ['collecting garbage', /#\(garbage collector\)$/],
];
const REST = 'V8 and Node';
const IDLE = '(idle)';

/** Every part, in the order of an event's way. */
export const PROFILE_PARTS: readonly string[] = [...PARTS.map(([part]) => part), REST];

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string };
}

interface RawProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Nanoseconds of processor time, by part. */
export type ProfileByPart = Readonly<Record<string, number>>;

/** Says where the processor time of its own thread goes, by V8's sampling profiler. Inlined functions count as themselves. */
export class Profiler {
  readonly #session = new Session();
  #cpuNs = 0;

  constructor() {
    this.#session.connect();
    this.#call('Profiler.enable');
    this.#call('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  }

  start(): void {
    this.#call('Profiler.start');
    this.#cpuNs = threadCpuNs();
  }

  stop(): ProfileByPart {
    const cpuNs = threadCpuNs() - this.#cpuNs;
    const { profile } = this.#call('Profiler.stop') as { profile: RawProfile };
    const samplesUs = timeByPart(profile);
    const totalUs = Object.values(samplesUs).reduce((sum, us) => sum + us, 0);
    return Object.fromEntries(Object.entries(samplesUs).map(([part, us]) => [part, totalUs === 0 ? 0 : (us / totalUs) * cpuNs]));
  }

  close(): void {
    this.#session.disconnect();
  }

  /** A session with its own thread answers before the call returns. */
  #call(method: string, parameters: object = {}): unknown {
    let answer: unknown;
    let failure: Error | null = null;
    this.#session.post(method, parameters, (error, result) => {
      failure = error;
      answer = result;
    });
    if (failure !== null) throw failure as Error;
    return answer;
  }
}

/** Microseconds of samples by part, without the time in which the thread had nothing to do. */
export function timeByPart({ nodes, samples, timeDeltas }: RawProfile): Record<string, number> {
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]));
  const found: Record<string, number> = Object.fromEntries(PROFILE_PARTS.map((part) => [part, 0]));
  samples.forEach((id, i) => {
    const part = parts.get(id);
    // A sample stands for the time until the next one.
    if (part !== undefined && part !== IDLE) found[part]! += timeDeltas[i + 1] ?? 0;
  });
  return found;
}

function partOf({ functionName, url }: ProfileNode['callFrame']): string {
  if (functionName === IDLE) return IDLE;
  const place = `${url.startsWith('node:') ? 'node' : url.split('/').slice(-2).join('/')}#${functionName}`;
  return PARTS.find(([, pattern]) => pattern.test(place.replace(/^(codec\/(?:read|write))#.*/, '$1')))?.[0] ?? REST;
}

function threadCpuNs(): number {
  const { system, user } = process.threadCpuUsage();
  return (system + user) * 1000;
}
