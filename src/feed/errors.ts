/** A data file does not exist. Remedy: check the path in the message. */
export const QT_FEED_FILE_MISSING = 'QT_FEED_FILE_MISSING';
/** A data file cannot be read: it is a directory, access is denied, or reading broke off. Remedy: see the message. */
export const QT_FEED_FILE_UNREADABLE = 'QT_FEED_FILE_UNREADABLE';
/** A data file holds no rows. Remedy: give a file with a header line and at least one row. */
export const QT_FEED_FILE_EMPTY = 'QT_FEED_FILE_EMPTY';
/** A column that a bar needs was not found. Remedy: name it with `columns`; the message lists the file's own columns. */
export const QT_FEED_COLUMN_MISSING = 'QT_FEED_COLUMN_MISSING';
/** The time column can be read in more than one way, or in none. Remedy: set `timeUnit`, `timeframe`, `zone` or `session`, as the message says. */
export const QT_FEED_TIME_AMBIGUOUS = 'QT_FEED_TIME_AMBIGUOUS';
/** A row is no valid bar. Remedy: repair the named line, or set `badRows: 'skip'` to leave such rows out and list them. */
export const QT_FEED_BAD_ROW = 'QT_FEED_BAD_ROW';
