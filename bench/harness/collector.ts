import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

interface WithCollector {
  gc?: () => void;
}

/** What `--expose-gc` does, also where no flag can be given. */
export function exposeCollector(): void {
  setFlagsFromString('--expose-gc');
  (globalThis as WithCollector).gc = runInNewContext('gc') as () => void;
}

/** What earlier work has left is no part of what is measured next. Does nothing where the collector was not exposed. */
export function collectGarbage(): void {
  (globalThis as WithCollector).gc?.();
}
