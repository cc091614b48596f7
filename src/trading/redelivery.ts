/**
 * Remembers the last `seq` applied of each input stream, so that an event that is delivered again after a crash changes
 * nothing. A stream is what arrives in order: one event type of one key.
 */
export class AppliedSequences {
  readonly #last = new Map<string, number>();
  #repeats = 0;

  /** How many deliveries were repeats. */
  get repeats(): number {
    return this.#repeats;
  }

  /** True once for each event; counts a repeat. */
  isNew(event: { readonly type: string; readonly key: string | null; readonly seq: number }): boolean {
    const stream = `${event.type}/${event.key ?? ''}`;
    if (event.seq <= (this.#last.get(stream) ?? 0)) {
      this.#repeats++;
      return false;
    }
    this.#last.set(stream, event.seq);
    return true;
  }
}
