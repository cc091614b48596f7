/** What an interrupt ends: a work that must clean up behind itself, or one that has no other end. */
export interface Interrupt {
  readonly signal: AbortSignal;
  /** Lets go of the signals, so that the next one ends the process as usual. */
  readonly close: () => void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Turns the first interrupt into an aborted signal; the next one ends the process at once. */
export function listenForInterrupt(): Interrupt {
  const controller = new AbortController();
  const close = (): void => {
    for (const name of SIGNALS) process.off(name, onSignal);
  };
  const onSignal = (): void => {
    close();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return { signal: controller.signal, close };
}
