/** The bus is not started, is stopping or has stopped. Remedy: publish between `start()` and `stop()`. */
export const QT_BUS_NOT_RUNNING = 'QT_BUS_NOT_RUNNING';
/** `start()` was called twice. Remedy: make a new bus after `stop()`. */
export const QT_BUS_STARTED_TWICE = 'QT_BUS_STARTED_TWICE';
/** A queue is full and the policy is `reject`. Remedy: slow down, add workers, or use `wait`. */
export const QT_BUS_FULL = 'QT_BUS_FULL';
/** `drain` or `stop` ran out of time. Remedy: the details say what was left; allow more time. */
export const QT_BUS_DRAIN_TIMEOUT = 'QT_BUS_DRAIN_TIMEOUT';
/** Nothing happened in time. Remedy: allow more time, or check that somebody publishes it. */
export const QT_BUS_WAIT_TIMEOUT = 'QT_BUS_WAIT_TIMEOUT';
/** A subscription cannot be made as asked. Remedy: see the message. */
export const QT_BUS_SUBSCRIPTION_INVALID = 'QT_BUS_SUBSCRIPTION_INVALID';
/** A handler module is missing, throws on import or in `setup`, or lacks the export. Remedy: see the cause. */
export const QT_HANDLER_LOAD_FAILED = 'QT_HANDLER_LOAD_FAILED';
/** A handler threw something that was no coded error. Remedy: see the message. */
export const QT_HANDLER_FAILED = 'QT_HANDLER_FAILED';
/** A handler took longer than `processingTimeoutMs`. Remedy: make it faster or allow more time. */
export const QT_HANDLER_TIMEOUT = 'QT_HANDLER_TIMEOUT';
/** A synchronous handler did not come back within `processingTimeoutMs`; its thread was replaced. Remedy: do less per event, or allow more time. */
export const QT_HANDLER_HUNG = 'QT_HANDLER_HUNG';
/** The group is out of service because its handlers only killed their threads. Remedy: mend the handler, then redrive its dead letters. */
export const QT_GROUP_DEGRADED = 'QT_GROUP_DEGRADED';
/** The thread died while it handled this event. Remedy: look for `process.exit`, unhandled rejections or memory use in the handler. */
export const QT_HANDLER_CRASHED = 'QT_HANDLER_CRASHED';
/** `ctx.publish` was called after its handler had finished. Remedy: publish before returning, or await the work. */
export const QT_HANDLER_CONTEXT_CLOSED = 'QT_HANDLER_CONTEXT_CLOSED';
/** One handler run published more bytes than the reply ring can carry. Remedy: publish less per event, or raise `replyBytes`. */
export const QT_HANDLER_OUTPUT_TOO_LARGE = 'QT_HANDLER_OUTPUT_TOO_LARGE';
/** A worker thread could not be started or kept dying before it was ready. Remedy: see the cause. */
export const QT_WORKER_FAILED = 'QT_WORKER_FAILED';
/** No dead letter has this id. Remedy: list them first. */
export const QT_DEAD_LETTER_UNKNOWN = 'QT_DEAD_LETTER_UNKNOWN';
/** A handler threw `RejectEvent`: the event goes to the dead letters without retries. Remedy: the handler's reason says. */
export const QT_EVENT_REJECTED = 'QT_EVENT_REJECTED';
/** Derived events piled up beyond the overflow bound. Remedy: break the feedback loop or slow the producer. */
export const QT_BUS_OVERFLOW = 'QT_BUS_OVERFLOW';
