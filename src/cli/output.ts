/** Characters that are gathered before they are written. */
const CHUNK_LENGTH = 65_536;

/**
 * Writes to stdout and waits until it is taken, so that nothing piles up in front of a slow reader.
 *
 * @returns false when the reader has gone away (`| head`), which is a reason to stop and no failure
 */
export function writeOut(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    process.stdout.write(text, (error) => resolve(error === null || error === undefined));
  });
}

/**
 * Writes lines, never further ahead of their reader than one chunk.
 *
 * @returns false when the reader has gone away
 */
export async function writeLines(lines: Iterable<string>): Promise<boolean> {
  let chunk = '';
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK_LENGTH) continue;
    if (!(await writeOut(chunk))) return false;
    chunk = '';
  }
  return chunk === '' || writeOut(chunk);
}
