/** Lets the event loop turn once: messages, timers and microtasks get their chance. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
