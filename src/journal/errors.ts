/** Bytes of the journal cannot be true, at a place where no crash could have left them. Remedy: run `verifyJournal` for the place, restore from a copy, or `repairJournal`. */
export const QT_JOURNAL_DAMAGED = 'QT_JOURNAL_DAMAGED';
/** The path of a journal is a file, or leads through one. Remedy: give it a directory, which is made if it is not there. */
export const QT_JOURNAL_NOT_A_DIRECTORY = 'QT_JOURNAL_NOT_A_DIRECTORY';
/** Another process, or this one, has the journal open. Remedy: stop it; a reader needs no lock. */
export const QT_JOURNAL_LOCKED = 'QT_JOURNAL_LOCKED';
/** The disk or the quota is full; the journal has stopped. Remedy: free space and open the journal again. */
export const QT_JOURNAL_DISK_FULL = 'QT_JOURNAL_DISK_FULL';
/** Writing to the directory failed; the journal has stopped. Remedy: see the cause, then open the journal again. */
export const QT_JOURNAL_WRITE_FAILED = 'QT_JOURNAL_WRITE_FAILED';
/** The disk did not confirm a flush, so nobody knows what it holds; the journal has stopped. Remedy: check the disk, then open the journal again. */
export const QT_JOURNAL_SYNC_FAILED = 'QT_JOURNAL_SYNC_FAILED';
/** The writer thread ended on its own; the journal has stopped. Remedy: see the cause, then open the journal again. */
export const QT_JOURNAL_WRITER_LOST = 'QT_JOURNAL_WRITER_LOST';
/** More waited outside the full ring than `overflowBytesMax`; the journal has stopped. Remedy: ask `accepts` first, or give it a larger ring or a faster disk. */
export const QT_JOURNAL_OVERFLOW = 'QT_JOURNAL_OVERFLOW';
/** A frame is longer than an eighth of the ring, or its seq is not the next one. Remedy: raise `ringBytes`; append in commit order. */
export const QT_JOURNAL_FRAME_INVALID = 'QT_JOURNAL_FRAME_INVALID';
/** The journal is closed. Remedy: append before `close`, or open it again. */
export const QT_JOURNAL_CLOSED = 'QT_JOURNAL_CLOSED';
/** A segment was written by a newer version of this code. Remedy: read it with that version. */
export const QT_JOURNAL_VERSION_UNSUPPORTED = 'QT_JOURNAL_VERSION_UNSUPPORTED';
/** A replay should go on from a group that has no position in the journal. Remedy: the message names those that have one; else give a seq or a time. */
export const QT_JOURNAL_CURSOR_UNKNOWN = 'QT_JOURNAL_CURSOR_UNKNOWN';
/** A replay met a type that this process does not define, and was told to refuse such. Remedy: import the definition before, or let the replay define it. */
export const QT_JOURNAL_TYPE_UNKNOWN = 'QT_JOURNAL_TYPE_UNKNOWN';
