/**
 * Told how far a long work has come, many times a second: it must be cheap.
 *
 * @param done in the unit of `total`, never falling
 * @param total may grow where the work does
 */
export type OnProgress = (done: number, total: number) => void;
