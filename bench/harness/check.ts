/** What was measured did not happen as it should have: its figures mean nothing. */
export class CheckError extends Error {
  override readonly name = 'CheckError';
}

/** @throws CheckError unless both are the same number */
export function checkSame(what: string, found: number, expected: number): void {
  if (found !== expected) throw new CheckError(`${what}: ${found} instead of ${expected}`);
}
