/**
 * One clock for all threads of this process. `performance.now()` starts at zero in each thread, and its `timeOrigin`
 * follows the wall clock, which may step; the monotonic clock behind `hrtime` is the same for all, but costs a BigInt.
 */
const PROBES = 100;

/** Added to `performance.now()` in microseconds, it gives the monotonic clock. */
const offsetUs = calibrate();

/** Microseconds on the process's monotonic clock; comparable between threads to about a microsecond. */
export function nowUs(): number {
  return performance.now() * 1000 + offsetUs;
}

/** From the probe during which the least time passed: the other ones were interrupted. */
function calibrate(): number {
  let shortest = Infinity;
  let offset = 0;
  for (let probe = 0; probe < PROBES; probe++) {
    const before = performance.now();
    const monotonicUs = Number(process.hrtime.bigint()) / 1000;
    const after = performance.now();
    if (after - before >= shortest) continue;
    shortest = after - before;
    offset = monotonicUs - ((before + after) / 2) * 1000;
  }
  return offset;
}
