/** The wire form of an error: what survives a thread, a journal or a network. */
export interface ErrorRecord {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface QtErrorOptions {
  readonly cause?: unknown;
  /** Facts for the caller, plain data only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An operating error with a stable code. Compare `code`, never the class: class and prototype are lost between threads.
 *
 * The message says which action failed and why, with units and without a final period.
 */
export class QtError extends Error {
  override readonly name = 'QtError';
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: QtErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.details = options.details ?? {};
  }

  toRecord(): ErrorRecord {
    return { name: this.name, code: this.code, message: this.message, details: this.details };
  }
}

/** True for a `QtError` with this code, also one that came from another realm or thread. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === code;
}

const MESSAGE_LENGTH_MAX = 2_000;

/**
 * Turns anything that was thrown into a small, plain record. Never throws, whatever it is given (a throwing getter,
 * a revoked proxy, a 10 MB message), because it runs where an error is already being handled.
 */
export function toErrorRecord(thrown: unknown): ErrorRecord {
  try {
    if (typeof thrown === 'object' && thrown !== null) {
      const { name, code, message } = thrown as { name?: unknown; code?: unknown; message?: unknown };
      return {
        name: typeof name === 'string' ? name.slice(0, 100) : 'Error',
        code: typeof code === 'string' ? code.slice(0, 100) : 'QT_HANDLER_FAILED',
        message: typeof message === 'string' ? message.slice(0, MESSAGE_LENGTH_MAX) : 'a thrown object without a message',
      };
    }
    return { name: 'Error', code: 'QT_HANDLER_FAILED', message: `thrown ${String(thrown)}`.slice(0, MESSAGE_LENGTH_MAX) };
  } catch {
    return { name: 'Error', code: 'QT_HANDLER_FAILED', message: 'a thrown value that cannot be read' };
  }
}
