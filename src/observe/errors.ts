/** A value has no canonical JSON: NaN, infinity, a bigint, a function, a class instance. Remedy: put plain data into payloads. */
export const QT_OBSERVE_NOT_CANONICAL = 'QT_OBSERVE_NOT_CANONICAL';
/** A log file cannot be opened or written. Remedy: check the path, the rights and the free space; the message has the system's reason. */
export const QT_OBSERVE_LOG_FAILED = 'QT_OBSERVE_LOG_FAILED';
/** The audit chain of a file does not hold. Remedy: keep the file as evidence and start a new one; `details` names the line. */
export const QT_OBSERVE_AUDIT_BROKEN = 'QT_OBSERVE_AUDIT_BROKEN';
/** A database file cannot be opened or made. Remedy: check the path in the message, its folder and the rights to both. */
export const QT_SQL_FILE_UNUSABLE = 'QT_SQL_FILE_UNUSABLE';
/** A file is no database, or one of another program. Remedy: name a file that is not there yet. */
export const QT_SQL_FILE_FOREIGN = 'QT_SQL_FILE_FOREIGN';
/** A database was made by a newer version of this code. Remedy: use that version, or build a new database from the journal. */
export const QT_SQL_FILE_NEWER = 'QT_SQL_FILE_NEWER';
/** A database holds the events of another journal. Remedy: name that journal, or a file that is not there yet. */
export const QT_SQL_FILE_OTHER_JOURNAL = 'QT_SQL_FILE_OTHER_JOURNAL';
/** Another program kept a write transaction open for too long. Remedy: end it; reading disturbs nobody. */
export const QT_SQL_BUSY = 'QT_SQL_BUSY';
/** Somebody else has added events to the database meanwhile. Remedy: let one logger keep it. */
export const QT_SQL_WRITER_OTHER = 'QT_SQL_WRITER_OTHER';
/** The database file is damaged. Remedy: move it away and build it from the journal again. */
export const QT_SQL_DAMAGED = 'QT_SQL_DAMAGED';
/** There is no room for the database, on the disk or below its limit. Remedy: make room and catch up from the journal, which has every event. */
export const QT_SQL_DISK_FULL = 'QT_SQL_DISK_FULL';
/** The database cannot be written. Remedy: see the reason in the message, then catch up from the journal, which has every event. */
export const QT_SQL_WRITE_FAILED = 'QT_SQL_WRITE_FAILED';
