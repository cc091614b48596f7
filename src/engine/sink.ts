/**
 * Sees the bytes of every committed event, in commit order, on the bus's thread, before any handler runs.
 * A sink that throws stops the publish that called it.
 */
export interface Sink {
  /**
   * @param bytes a buffer that holds the frame; valid only during the call
   * @param offset where the frame starts
   * @param length bytes of the frame
   */
  write(bytes: Uint8Array, offset: number, length: number, event: SinkEvent): void;
}

/** What a sink may ask of the event without decoding it itself. */
export interface SinkEvent {
  readonly type: string;
  readonly seq: number;
  readonly timestamp: number;
  /** Decodes key and payload; slow, so only for the types that matter to the sink. */
  decode(): { readonly key: string | null; readonly payload: object };
}
