/** The part of a pino logger that we use; any logger of this shape will do. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => {};

/** Says nothing. The default, so that an embedded engine is silent unless its host gives it a voice. */
export const silentLogger: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
