import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** `npm run test:binary`. Apart from the other tests, because it needs the executable, which takes a while to build. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/binary/*.test.ts'],
    globalSetup: ['test/binary/build.ts'],
    pool: 'forks',
    // One after the other: they start processes with threads of their own, and one measures time.
    maxWorkers: 1,
    testTimeout: 240_000,
    hookTimeout: 240_000,
  },
});
