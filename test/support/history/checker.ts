import { tell, type GroupCounters, type GroupRules, type HistoryRecord, type Invariant, type Violation } from './record.ts';

type Of<K extends HistoryRecord['kind']> = Extract<HistoryRecord, { kind: K }>;

/** What one group did with one event. */
interface Course {
  readonly group: string;
  isExpected: boolean;
  attempt: number;
  worker: number;
  /** `fresh` was never started; `open` is running, or its worker died under it. */
  state: 'fresh' | 'open' | 'ok' | 'failed' | 'rejected' | 'timeout' | 'dead';
  wasStarted: boolean;
  emitted: number;
}

interface Story {
  readonly id: number;
  accepted: Of<'accepted'> | null;
  readonly records: HistoryRecord[];
  readonly courses: Map<string, Course>;
  /** Derived events that were accepted, as `group:index`. */
  readonly derived: Set<string>;
}

interface Books {
  expected: number;
  ok: number;
  dead: number;
  dropped: number;
}

/**
 * Reads what handlers, publishers and the dead letters wrote down, in the order in which it was written, and finds the
 * first broken promise. Pure: the same records give the same answer, whether real threads or a simulation made them.
 *
 * A worker's death is not reported but inferred: when an event is started elsewhere while its run is open or was
 * successful, the worker of that run must be dead, and any later record of it breaks I6.
 *
 * `record` checks what can be said at once (I2, I3, I4, I6); `settle` what must hold whenever nothing is in flight or
 * the pending ones are counted (I1, I2, I9), and forgets the finished events, so that a long run fits into memory.
 * Groups that deliver to every member are to be named once per member.
 */
export class HistoryChecker {
  violation: Violation | null = null;
  /** Records seen, runs started more than once, and workers found dead: what a report may show. */
  readonly seen = { records: 0, restarts: 0, deaths: 0 };
  readonly #rules: Readonly<Record<string, GroupRules>>;
  readonly #stories = new Map<number, Story>();
  readonly #books = new Map<string, Books>();
  /** Highest first-started id by group, key and lane. */
  readonly #fronts = new Map<string, number>();
  /** Workers that must be dead, and the record that says so. */
  readonly #dead = new Map<number, HistoryRecord>();

  constructor(rules: Readonly<Record<string, GroupRules>>) {
    this.#rules = rules;
    for (const group of Object.keys(rules)) this.#books.set(group, { expected: 0, ok: 0, dead: 0, dropped: 0 });
  }

  /** Takes the next record; `violation` holds the first fault and later ones are not looked for. */
  record(record: HistoryRecord): void {
    if (this.violation !== null) return;
    this.seen.records++;
    switch (record.kind) {
      case 'accepted':
        return this.#accept(record);
      case 'started':
        return this.#start(record);
      case 'ended':
        return this.#end(record);
      case 'alive':
        return this.#checkAlive(record, null);
      case 'deadLettered':
        return this.#deadLetter(record);
      case 'redriven':
        return this.#redrive(record);
      case 'dropped':
        this.#booksOf(record.group).dropped += record.count;
    }
  }

  /**
   * Compares with the engine's counters. With nothing pending, every event must be finished.
   *
   * @param counters by group; what a group has pending, dropped or filtered is believed, everything else is checked
   */
  settle(counters: Readonly<Record<string, GroupCounters>>): Violation | null {
    const unfinished = this.#countUnfinished();
    for (const group of Object.keys(this.#rules)) {
      if (this.violation !== null) return this.violation;
      this.#reconcile(group, counters[group] ?? NO_COUNTERS, unfinished.get(group) ?? []);
    }
    if (this.violation === null) this.#checkDerived();
    if (this.violation === null) this.#forget();
    return this.violation;
  }

  #accept(record: Of<'accepted'>): void {
    const story = this.#storyOf(record.id, record);
    if (story.accepted !== null) return this.#fail('I2', `event ${record.id} was accepted twice`, story);
    story.accepted = record;
    for (const group of record.groups) {
      this.#courseOf(story, group).isExpected = true;
      this.#booksOf(group).expected++;
    }
    for (const course of story.courses.values()) if (course.wasStarted && !course.isExpected) return this.#strange(story, course);
    if (record.cause === undefined) return;
    const { id, group, index } = record.cause;
    const cause = this.#storyOf(id, record);
    const name = `${group}:${index}`;
    if (cause.derived.has(name)) return this.#fail('I2', `event ${id} published number ${index} of ${group} twice`, cause);
    cause.derived.add(name);
  }

  #start(record: Of<'started'>): void {
    const { id, group, attempt, worker } = record;
    const story = this.#storyOf(id, record);
    const course = this.#courseOf(story, group);
    this.#checkAlive(record, story);
    if (story.accepted !== null && !course.isExpected) this.#strange(story, course);
    if (course.state === 'dead') this.#fail('I2', `event ${id} was started in ${group} after it was dead-lettered`, story);
    // Unless the worker died before it could say so.
    if (course.state === 'rejected' && worker === course.worker)
      this.#fail('I3', `event ${id} was started in ${group} after it was rejected`, story);
    if (course.state === 'open' || course.state === 'ok') {
      if (worker !== course.worker) this.#mustBeDead(course.worker, record);
      else if (course.state === 'open') this.#fail('I6', `event ${id} was started in ${group} while it was running there`, story);
      else this.#fail('I2', `event ${id} was started in ${group} after it had succeeded`, story);
    }
    this.#checkAttempt(story, course, record);
    if (this.violation === null) this.#checkOrder(story, course, record);
    if (course.wasStarted) this.seen.restarts++;
    if (course.state === 'ok') this.#booksOf(group).ok--;
    Object.assign(course, { attempt, worker, state: 'open', wasStarted: true });
  }

  #checkAttempt(story: Story, course: Course, record: Of<'started'>): void {
    const { id, group, attempt, worker } = record;
    const { attemptsMax } = this.#rulesOf(group);
    if (attempt > attemptsMax) this.#fail('I3', `event ${id} was started in ${group} as attempt ${attempt} of ${attemptsMax}`, story);
    if (attempt === course.attempt + 1) return;
    // A run that a death merely interrupted, or whose outcome died unreported, keeps its number.
    if (attempt === course.attempt && worker !== course.worker && course.wasStarted) return this.#mustBeDead(course.worker, record);
    this.#fail('I3', `event ${id} was started in ${group} as attempt ${attempt} after attempt ${course.attempt}`, story);
  }

  #checkOrder(story: Story, course: Course, record: Of<'started'>): void {
    const { accepted } = story;
    const { lanes, ordered } = this.#rulesOf(record.group);
    if (accepted === null || accepted.key === null) return;
    const chain = `${record.group}|${accepted.key}|${lanes === 'pinned' ? '' : accepted.lane}`;
    const front = this.#fronts.get(chain) ?? 0;
    if (story.records.some((other) => other.kind === 'redriven' && other.group === record.group)) return;
    if (!course.wasStarted) {
      if (record.id < front) {
        this.#fail(
          'I4',
          `event ${record.id} of key ${accepted.key} was first started in ${record.group} after event ${front}`,
          story,
          front,
        );
      }
      this.#fronts.set(chain, Math.max(front, record.id));
      return;
    }
    if (ordered && front > record.id) {
      this.#fail('I4', `event ${record.id} was retried in ${record.group} after event ${front} of its key had begun`, story, front);
    }
  }

  #end(record: Of<'ended'>): void {
    const { id, group, attempt, worker, outcome } = record;
    const story = this.#storyOf(id, record);
    this.#checkAlive(record, story);
    const course = this.#courseOf(story, group);
    if (course.state !== 'open' || course.attempt !== attempt || course.worker !== worker) {
      return this.#fail('I6', `attempt ${attempt} of event ${id} ended in ${group} without being the one that runs`, story);
    }
    course.state = outcome;
    course.emitted = record.emitted ?? 0;
    if (outcome === 'ok') this.#booksOf(group).ok++;
  }

  #deadLetter(record: Of<'deadLettered'>): void {
    const { id, group } = record;
    const story = this.#storyOf(id, record);
    const course = this.#courseOf(story, group);
    if (course.state === 'dead') return this.#fail('I2', `event ${id} was dead-lettered in ${group} twice`, story);
    if (course.state === 'ok') {
      // Only a worker that died between the handler's last line and the acknowledgement can do that.
      this.#mustBeDead(course.worker, record);
      this.#booksOf(group).ok--;
    }
    course.state = 'dead';
    this.#booksOf(group).dead++;
  }

  #redrive(record: Of<'redriven'>): void {
    const story = this.#storyOf(record.id, record);
    const course = this.#courseOf(story, record.group);
    if (course.state !== 'dead')
      return this.#fail('I2', `event ${record.id} was redriven in ${record.group} but was no dead letter`, story);
    course.state = 'fresh';
    course.attempt = 0;
    this.#booksOf(record.group).dead--;
  }

  #countUnfinished(): Map<string, Story[]> {
    const unfinished = new Map<string, Story[]>();
    for (const story of this.#stories.values()) {
      if (story.accepted === null && story.records.some((record) => record.kind === 'started')) {
        this.#fail('I2', `event ${story.id} was started but never accepted`, story);
      }
      for (const course of story.courses.values()) {
        if (!course.isExpected || course.state === 'ok' || course.state === 'dead') continue;
        const list = unfinished.get(course.group);
        if (list === undefined) unfinished.set(course.group, [story]);
        else list.push(story);
      }
    }
    return unfinished;
  }

  #reconcile(group: string, counters: GroupCounters, unfinished: readonly Story[]): void {
    const books = this.#booksOf(group);
    const allowed = counters.pending + books.dropped;
    if (unfinished.length > allowed) {
      const others = allowed > 0 ? `, ${unfinished.length} in all, but only ${allowed} are pending or dropped` : '';
      this.#fail('I1', `event ${unfinished[0]!.id} has no outcome in ${group}${others}`, unfinished[0]!);
    }
    // Of what is pending nobody knows yet whether the filter will refuse it.
    const unfiltered = counters.pending - (unfinished.length - books.dropped);
    // A run that ended well on a thread that died before it could say so is owed again; a policy may drop it then.
    const unsaid = books.ok - (counters.acknowledged - counters.filtered);
    const droppedAfterwards = unsaid > 0 && unsaid <= Math.min(counters.dropped, this.#dead.size) ? unsaid : 0;
    const pairs: readonly (readonly [string, number, number])[] = [
      ['dispatched', counters.dispatched - counters.filtered + droppedAfterwards, books.expected + unfiltered],
      ['acknowledged', counters.acknowledged - counters.filtered + droppedAfterwards, books.ok],
      ['deadLettered', counters.deadLettered, books.dead],
      ['dropped', counters.dropped, books.dropped],
    ];
    for (const [name, told, counted] of pairs) {
      if (told !== counted) this.#fail('I9', `${group} says ${told} ${name}, the history has ${counted}`, unfinished[0] ?? null);
    }
  }

  #checkDerived(): void {
    for (const story of this.#stories.values()) {
      for (const name of story.derived) {
        const [group = '', index = ''] = name.split(':');
        const course = story.courses.get(group);
        if (course?.state === 'ok' && Number(index) < course.emitted) continue;
        return this.#fail('I2', `number ${index} of ${group} from event ${story.id} was published by no run that succeeded`, story);
      }
      for (const course of story.courses.values()) {
        if (course.state !== 'ok') continue;
        for (let index = 0; index < course.emitted; index++) {
          if (story.derived.has(`${course.group}:${index}`)) continue;
          return this.#fail(
            'I1',
            `number ${index} of the ${course.emitted} events that ${course.group} derived from ${story.id} is lost`,
            story,
          );
        }
      }
    }
  }

  #forget(): void {
    for (const [id, story] of this.#stories) {
      const isOpen = [...story.courses.values()].some((course) => course.isExpected && course.state !== 'ok' && course.state !== 'dead');
      // Dead letters may still be redriven.
      const isDead = [...story.courses.values()].some((course) => course.state === 'dead');
      if (isOpen || story.accepted === null) continue;
      if (isDead) story.records.splice(0, story.records.length - 8);
      else this.#stories.delete(id);
    }
  }

  #mustBeDead(worker: number, because: HistoryRecord): void {
    if (this.#dead.has(worker)) return;
    this.#dead.set(worker, because);
    this.seen.deaths++;
  }

  #checkAlive(record: Of<'started'> | Of<'ended'> | Of<'alive'>, story: Story | null): void {
    const because = this.#dead.get(record.worker);
    if (because === undefined) return;
    const witness = 'id' in because ? this.#stories.get(because.id) : undefined;
    this.#fail('I6', `worker ${record.worker} acts although another has its work (${tell(because)})`, witness ?? story);
  }

  #strange(story: Story, course: Course): void {
    this.#fail('I2', `event ${story.id} was started in ${course.group}, which does not want it`, story);
  }

  #storyOf(id: number, record: HistoryRecord): Story {
    let story = this.#stories.get(id);
    if (story === undefined) {
      this.#stories.set(id, (story = { id, accepted: null, records: [], courses: new Map(), derived: new Set() }));
    }
    story.records.push(record);
    return story;
  }

  #courseOf(story: Story, group: string): Course {
    let course = story.courses.get(group);
    if (course === undefined) {
      course = { group, isExpected: false, attempt: 0, worker: -1, state: 'fresh', wasStarted: false, emitted: 0 };
      story.courses.set(group, course);
    }
    return course;
  }

  #rulesOf(group: string): GroupRules {
    const rules = this.#rules[group];
    if (rules === undefined) throw new Error(`the history names a group without rules: ${group}`);
    return rules;
  }

  #booksOf(group: string): Books {
    this.#rulesOf(group);
    return this.#books.get(group)!;
  }

  /** @param other a second event whose story belongs to the fault */
  #fail(invariant: Invariant, message: string, story: Story | null, other?: number): void {
    if (this.violation !== null) return;
    const records = [...(story?.records ?? []), ...((other === undefined ? undefined : this.#stories.get(other)?.records) ?? [])];
    this.violation = { invariant, message, story: records.map(tell) };
  }
}

const NO_COUNTERS: GroupCounters = { dispatched: 0, acknowledged: 0, filtered: 0, deadLettered: 0, dropped: 0, pending: 0 };
