interface Waiter {
  readonly seq: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Promises for seqs, settled in one sweep when a group of them is on the disk. */
export class DurabilityWaiters {
  /** Ascending by seq from `#head` on. */
  #waiters: Waiter[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#head === this.#waiters.length;
  }

  wait(seq: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { seq, resolve, reject };
      const last = this.#waiters.at(-1);
      if (this.isEmpty || last!.seq <= seq) {
        this.#waiters.push(waiter);
        return;
      }
      const at = this.#waiters.findIndex((one, i) => i >= this.#head && one.seq > seq);
      this.#waiters.splice(at, 0, waiter);
    });
  }

  /** Lets everybody go who waits for this seq or an earlier one. */
  settle(seq: number): void {
    const waiters = this.#waiters;
    let head = this.#head;
    while (head < waiters.length && waiters[head]!.seq <= seq) waiters[head++]!.resolve();
    this.#head = head;
    if (head === waiters.length) {
      waiters.length = 0;
      this.#head = 0;
    } else if (head > 1024 && head * 2 > waiters.length) {
      // Half of it is behind us: cheap to drop, and the array cannot grow for ever.
      this.#waiters = waiters.slice(head);
      this.#head = 0;
    }
  }

  rejectAll(error: unknown): void {
    const waiters = this.#waiters.slice(this.#head);
    this.#waiters = [];
    this.#head = 0;
    for (const { reject } of waiters) reject(error);
  }
}
