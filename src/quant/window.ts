import { checkNumber } from '../base/index.ts';

/** The last `length` numbers, oldest first. A fixed ring: no allocation after construction. */
export class Window {
  readonly #values: Float64Array;
  #next = 0;
  #size = 0;

  constructor(length: number) {
    this.#values = new Float64Array(checkNumber('length', length, { min: 1, integer: true }));
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.#values.length;
  }

  push(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#values.length;
    if (!this.isFull) this.#size++;
  }

  /** @param index 0 is the oldest, `size - 1` the newest */
  at(index: number): number {
    if (index < 0 || index >= this.#size) throw new RangeError(`Cannot read value ${index} of a window of ${this.#size}`);
    return this.#values[(this.#next - this.#size + index + this.#values.length) % this.#values.length] as number;
  }

  /** Summed anew in order of age, so that it never drifts and never depends on what has already left the window. */
  sum(): number {
    let total = 0;
    for (let i = 0; i < this.#size; i++) total += this.at(i);
    return total;
  }

  mean(): number {
    return this.sum() / this.#size;
  }

  /** @param ddof 0 for the population, 1 for a sample */
  stdev(ddof: 0 | 1): number {
    const mean = this.mean();
    let squares = 0;
    for (let i = 0; i < this.#size; i++) squares += (this.at(i) - mean) ** 2;
    return Math.sqrt(squares / (this.#size - ddof));
  }

  max(): number {
    let highest = -Infinity;
    for (const value of this.#values.subarray(0, this.#size)) highest = Math.max(highest, value);
    return highest;
  }

  min(): number {
    let lowest = Infinity;
    for (const value of this.#values.subarray(0, this.#size)) lowest = Math.min(lowest, value);
    return lowest;
  }
}
