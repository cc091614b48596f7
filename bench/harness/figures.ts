import type { RatioReport, SubjectReport } from '../case.ts';
import type { Rounds } from './alternate.ts';
import { ratioOf, spreadOf } from './statistics.ts';

/** Throughput of each subject. */
export function throughputOf(rounds: Rounds, bytesPerEvent: number, notes: ReadonlyMap<string, string> = new Map()): SubjectReport[] {
  return [...rounds].map(([name, { ns, cpuNs }]) => ({
    name,
    ...(notes.has(name) ? { note: notes.get(name)! } : {}),
    figures: {
      'events/s': spreadOf(ns.map((each) => 1e9 / each)),
      'MB/s': spreadOf(ns.map((each) => (bytesPerEvent * 1e3) / each)),
      'ns/event': spreadOf(ns),
      ...(cpuNs.length === 0 ? {} : { 'cpu ns/event': spreadOf(cpuNs) }),
    },
  }));
}

/** How many times the throughput of the reference each subject has, round by round. */
export function throughputRatios(rounds: Rounds, references: readonly string[]): RatioReport[] {
  return references.flatMap((reference) =>
    [...rounds.keys()]
      .filter((subject) => subject !== reference)
      .map((subject) => ({
        subject,
        reference,
        figure: 'events/s',
        ratio: ratioOf(rounds.get(reference)!.ns, rounds.get(subject)!.ns),
      })),
  );
}

/** How many times the time of the reference each subject takes per event, round by round. */
export function costRatios(rounds: Rounds, reference: string): RatioReport[] {
  return [...rounds.keys()]
    .filter((subject) => subject !== reference)
    .map((subject) => ({ subject, reference, figure: 'ns/event', ratio: ratioOf(rounds.get(subject)!.ns, rounds.get(reference)!.ns) }));
}
