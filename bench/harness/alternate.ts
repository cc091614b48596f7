import type { RoundSettings } from '../config.ts';
import { collectGarbage } from './collector.ts';
import { turn } from './turn.ts';

/** One way of doing the thing that a case compares. */
export interface Subject {
  readonly name: string;
  /** Events of one round. */
  readonly events: number;
  /** Before the time starts. */
  prepare(): void;
  /** Timed: sends everything and resolves when the last receiver has handled the last event. */
  run(): Promise<void> | void;
  /**
   * After the time has stopped.
   *
   * @throws CheckError when the receivers did not get what was sent
   */
  check(): Promise<void> | void;
}

/** What the rounds of one subject took, one entry per round. */
export interface Times {
  /** Nanoseconds per event on the wall clock. */
  readonly ns: readonly number[];
  /**
   * Nanoseconds per event of processor time, of all threads together, garbage collection and waiting in a spin included.
   * Moves less than the wall clock when others use the machine. Empty where it was not taken.
   */
  readonly cpuNs: readonly number[];
}

/** By subject. */
export type Rounds = ReadonlyMap<string, Times>;

/**
 * Runs the subjects in turns, each once per round. Noise of the machine lasts
 * longer than a round, so it hits all of them alike; a run of one subject after the other would blame it on one. The
 * order moves on by one each round, because the second is not in the state that the first has found.
 */
export async function alternate(subjects: readonly Subject[], { warmUps, rounds }: RoundSettings): Promise<Rounds> {
  const samples = new Map(subjects.map((subject) => [subject.name, { ns: [] as number[], cpuNs: [] as number[] }]));
  for (let round = 0; round < warmUps + rounds; round++) {
    for (let i = 0; i < subjects.length; i++) {
      const subject = subjects[(i + round) % subjects.length]!;
      const { ns, cpuNs } = await runOnce(subject);
      if (round < warmUps) continue;
      samples.get(subject.name)!.ns.push(ns);
      samples.get(subject.name)!.cpuNs.push(cpuNs);
    }
  }
  return samples;
}

async function runOnce(subject: Subject): Promise<{ ns: number; cpuNs: number }> {
  subject.prepare();
  // The garbage of one subject is not the next one's time. Without the flag that exposes it, the noise stays.
  collectGarbage();
  await turn();
  const cpuStart = process.cpuUsage();
  const start = performance.now();
  await subject.run();
  const elapsedMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuStart);
  await subject.check();
  return { ns: (elapsedMs * 1e6) / subject.events, cpuNs: ((user + system) * 1e3) / subject.events };
}
