/** A value has no canonical JSON: NaN, infinity, a bigint, a function, a class instance. Remedy: put plain data into payloads. */
export const QT_OBSERVE_NOT_CANONICAL = 'QT_OBSERVE_NOT_CANONICAL';
/** A log file cannot be opened or written. Remedy: check the path, the rights and the free space; the message has the system's reason. */
export const QT_OBSERVE_LOG_FAILED = 'QT_OBSERVE_LOG_FAILED';
/** The audit chain of a file does not hold. Remedy: keep the file as evidence and start a new one; `details` names the line. */
export const QT_OBSERVE_AUDIT_BROKEN = 'QT_OBSERVE_AUDIT_BROKEN';
