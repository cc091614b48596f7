/** Worker-thread handler that does nothing and loads nothing. */
export function onTrade(): void {}
