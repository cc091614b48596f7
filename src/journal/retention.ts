import { matches } from '../event/index.ts';
import type { ClosedSegment } from './recovery.ts';
import { SEGMENT_HEADER_BYTES } from './format.ts';

/** How long events of a type stay. The first limit that is reached counts. */
export interface RetentionRule {
  /** Age, in ms, measured against the newest event of the journal; `forever` for no limit. */
  readonly retentionMs: number | 'forever';
  /** How many of the newest stay, > 0; default no limit. */
  readonly maxLength?: number;
  /** How many bytes of the newest stay, > 0; default no limit. */
  readonly bytesMax?: number;
}

export interface RetentionRules {
  /** For types that are not named below, and for all that are in no catalogue. Default: forever. */
  readonly otherTypes?: RetentionRule;
  readonly types?: Readonly<Record<string, RetentionRule>>;
  /** Types, or patterns such as `audit.**`, that never go, whatever else is said. What is in the audit chain never goes anyway. */
  readonly auditTypes?: readonly string[];
  /** Share of a segment's bytes that must be superfluous before it is rewritten, 0 < r <= 1, default 0.5. */
  readonly rewriteRatio?: number;
}

export interface RetentionSituation {
  /** The oldest seq that some durable group has not acknowledged; events from here on stay. */
  readonly neededFromSeq: number;
  /** Events from there on go like any other. Default false. */
  readonly removesNeeded?: boolean;
  /** When the newest event of the journal was accepted, us since 1970. */
  readonly newestUs: number;
  /** Largest file that a rewrite may make. */
  readonly segmentBytes: number;
}

/** Consecutive segments that become one. */
export interface RetentionStep {
  readonly segments: readonly {
    readonly firstSeq: number;
    readonly lastSeq: number;
    readonly records: number;
    readonly bytes: number;
    /** Types that go; `all` when nothing stays, and the file need not be read. */
    readonly drop: ReadonlySet<string> | 'all';
  }[];
}

const FOREVER: RetentionRule = { retentionMs: 'forever' };

/**
 * Decides which closed segments may go, wholly or in part. Pure.
 *
 * It decides by segment and type: all events of a type in a segment go together, once the newest of them is past its
 * limit, so more stays than the rules ask, never less. A segment from which everything goes is dropped whole, unread: its
 * range lives on in the segment next to it, so that the log still shows no hole. One that holds something that must stay
 * (an audit type or chained record, an event that a group has yet to see, a type with a longer limit) is kept, or rewritten without the
 * rest when that is at least `rewriteRatio` of it. Neighbours that shrank are merged.
 *
 * Age counts against the newest event, not against a clock: a stopped machine or a wrong clock expires nothing.
 *
 * @param segments closed ones, oldest first; the segment being written is never touched
 */
export function planRetention(segments: readonly ClosedSegment[], rules: RetentionRules, situation: RetentionSituation): RetentionStep[] {
  const drops = dropsOf(segments, rules, situation);
  const steps: RetentionStep[] = [];
  let group: RetentionStep['segments'][number][] = [];
  let bytes = SEGMENT_HEADER_BYTES;
  const close = (): void => {
    if (group.some(({ drop }) => drop === 'all' || drop.size > 0) && !isLoneRemains(group, segments)) steps.push({ segments: group });
    group = [];
    bytes = SEGMENT_HEADER_BYTES;
  };
  for (const [i, segment] of segments.entries()) {
    const drop = drops[i]!;
    const isTouched = drop === 'all' || drop.size > 0 || segment.isRewritten;
    const stays = isTouched ? bytesAfter(segment, drop) : 0;
    if (!isTouched || (group.length > 0 && bytes + stays > situation.segmentBytes)) close();
    if (!isTouched) continue;
    const { firstSeq, lastSeq, records, bytes: size } = segment;
    group.push({ firstSeq, lastSeq, records, bytes: size, drop });
    bytes += stays;
  }
  close();
  return steps;
}

/** What is left of segments that went before, and has no neighbour to join: to rewrite it again would change nothing. */
function isLoneRemains(group: RetentionStep['segments'], segments: readonly ClosedSegment[]): boolean {
  return group.length === 1 && segments.some((one) => one.firstSeq === group[0]!.firstSeq && one.isRewritten && one.records === 0);
}

function dropsOf(
  segments: readonly ClosedSegment[],
  rules: RetentionRules,
  situation: RetentionSituation,
): (ReadonlySet<string> | 'all')[] {
  const { rewriteRatio = 0.5 } = rules;
  const limit = situation.removesNeeded === true ? Infinity : situation.neededFromSeq;
  const newer = new Map<string, { records: number; bytes: number }>();
  const drops: (ReadonlySet<string> | 'all')[] = [];
  for (const segment of segments.toReversed()) {
    const drop = new Set<string>();
    let bytes = 0;
    for (const [type, summary] of Object.entries(segment.types)) {
      const after = newer.get(type) ?? { records: 0, bytes: 0 };
      const mayGo = summary.chained === 0 && segment.lastSeq < limit;
      if (mayGo && isExpired(ruleOf(type, rules), summary.newestUs, after, situation.newestUs)) {
        drop.add(type);
        bytes += summary.bytes;
      }
      newer.set(type, { records: after.records + summary.records, bytes: after.bytes + summary.bytes });
    }
    // A segment that a group still needs may be empty of records, but its range is not for us to touch.
    const isNeeded = segment.lastSeq >= limit;
    // One that is needed in part is read, so that what the group loses can be counted.
    const isPartlyNeeded = segment.firstSeq < situation.neededFromSeq && segment.lastSeq >= situation.neededFromSeq;
    const isAll = !isNeeded && !isPartlyNeeded && drop.size === Object.keys(segment.types).length;
    drops.push(isAll ? 'all' : bytes >= rewriteRatio * segment.bytes ? drop : new Set());
  }
  return drops.reverse();
}

function ruleOf(type: string, rules: RetentionRules): RetentionRule {
  if (rules.auditTypes?.some((pattern) => matches(pattern, type)) === true) return FOREVER;
  return rules.types?.[type] ?? rules.otherTypes ?? FOREVER;
}

function isExpired(rule: RetentionRule, typeNewestUs: number, newer: { records: number; bytes: number }, newestUs: number): boolean {
  if (rule.retentionMs !== 'forever' && newestUs - typeNewestUs > rule.retentionMs * 1000) return true;
  return newer.records >= (rule.maxLength ?? Infinity) || newer.bytes >= (rule.bytesMax ?? Infinity);
}

function bytesAfter(segment: ClosedSegment, drop: ReadonlySet<string> | 'all'): number {
  if (drop === 'all') return 0;
  let bytes = segment.bytes;
  for (const type of drop) bytes -= segment.types[type]!.bytes;
  return bytes;
}
