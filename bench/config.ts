/**
 * What `bench.config.ts` holds. Data only: sizes, rounds, durations and gates; what is measured is in the cases.
 */

/** `full` is the default run, `quick` the one for a short look, `long` for what only shows after hours of work. */
export type Mode = 'full' | 'quick' | 'long';

/** For cases whose subjects run in turns. */
export interface RoundSettings {
  /** Rounds that do not count, at the start: the compiler takes a few hundred thousand events to finish. */
  readonly warmUps: number;
  readonly rounds: number;
}

/** Everything that can be tuned about the cases, by the case's own name. */
export interface CaseSettings {
  readonly ring: { readonly rounds: number; readonly roundMs: number };
  readonly codec: { readonly rounds: number; readonly roundMs: number };
  readonly 'one-to-one-throughput': RoundSettings & {
    /** Events in one round of one subject; a peer's share of it is in `bench/peers`. */
    readonly events: number;
    /** Events in a batch, or promises that are awaited together. */
    readonly window: number;
  };
  readonly 'one-thread': RoundSettings & { readonly events: number };
  readonly 'event-profile': RoundSettings & { readonly events: number };
  readonly 'paced-latency': {
    readonly rounds: number;
    /** Arrivals per second. */
    readonly rates: readonly number[];
    /** How long one round of one subject at one rate sends. */
    readonly roundMs: number;
  };
  readonly 'ping-pong': { readonly rounds: number; readonly trips: number };
  readonly 'retry-timing': { readonly rounds: number; readonly events: number };
  readonly replacement: {
    readonly deaths: number;
    /** Events per second, over both workers. */
    readonly rate: number;
    readonly spacingMs: number;
  };
  readonly overtaking: { readonly rounds: number; readonly trips: number; readonly backlog: number };
  /** The first number of groups or producers is 1: the others are compared with it. */
  readonly 'fan-out': RoundSettings & { readonly events: number; readonly groups: readonly number[] };
  readonly 'fan-in': RoundSettings & { readonly events: number; readonly producers: readonly number[] };
  readonly 'pipeline-6': RoundSettings & { readonly events: number; readonly pacedRate: number; readonly pacedEvents: number };
  readonly 'types-10000': RoundSettings & { readonly events: number; readonly types: readonly number[] };
  readonly 'journal-levels': RoundSettings & {
    readonly events: number;
    /** The same where each window is awaited. */
    readonly windowEvents: number;
    readonly window: number;
  };
  readonly 'journal-replay': RoundSettings & {
    readonly events: number;
    /** As many of them are decoded, too. */
    readonly decodedEvents: number;
  };
  readonly 'journal-open': { readonly rounds: number; readonly bytes: number };
  /** `bars` of each of three synthetic markets; about ten events come of each. */
  readonly 'sql-tables': RoundSettings & { readonly bars: number };
  readonly 'handler-cpu': RoundSettings & {
    /** Processor time that the handler takes for an event. */
    readonly cpuUs: readonly number[];
    /** Processor time of the handlers in one round, which says how many events it has. */
    readonly roundUs: number;
    readonly workers: readonly number[];
  };
  readonly 'payload-sizes': RoundSettings & {
    readonly sizes: readonly number[];
    readonly bytesPerRound: number;
    readonly eventsMax: number;
  };
  readonly burst: { readonly rounds: number; readonly events: number; readonly silenceMs: number };
  readonly 'slow-consumer': { readonly rounds: number; readonly events: number; readonly cpuUs: number };
  readonly brokers: RoundSettings & { readonly events: number };
  readonly 'trading-day': { readonly rounds: number };
  readonly memory: {
    /** Resident memory after so many is what that after all of them is compared with. */
    readonly baseEvents: number;
    readonly events: number;
  };
  readonly footprint: { readonly rounds: number; readonly idleMs: number };
  readonly start: {
    readonly rounds: number;
    /** Of the whole `qt run`, which takes much longer than its start. */
    readonly runs: number;
  };
}

export type CaseName = keyof CaseSettings;

interface GateBase {
  readonly case: CaseName;
  readonly subject: string;
  readonly reference: string;
  readonly figure: string;
  /** Why this number. */
  readonly because: string;
}

/**
 * A promise about a ratio of two subjects of one run, which the median over the rounds must keep. A bare number would be
 * a fact about a machine; where users need one, as for a start within 250 ms, the reference is that number.
 */
export type Gate = GateBase &
  ({ readonly atLeast: number; readonly atMost?: never } | { readonly atMost: number; readonly atLeast?: never });

export interface BenchConfig {
  readonly settings: {
    readonly full: CaseSettings;
    readonly quick: CaseSettings;
    /** Only cases that need many minutes; `--long` runs those and no other. */
    readonly long: Partial<CaseSettings>;
  };
  /** A case that takes longer has failed. */
  readonly caseMsMax: Readonly<Record<Mode, number>>;
  /** Runs of each side in `--compare`, by mode; each gives one ratio. */
  readonly comparePairs: Readonly<Record<Mode, number>>;
  readonly gates: readonly Gate[];
}
