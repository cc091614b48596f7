/** A configuration value, key, variable or flag is wrong. Remedy: the message names its path, the value and what is expected. */
export const QT_CONFIG_INVALID = 'QT_CONFIG_INVALID';
/** A configuration file cannot be read. Remedy: check the path in the message; `qt init` writes a new file. */
export const QT_CONFIG_UNREADABLE = 'QT_CONFIG_UNREADABLE';
/** A configuration file cannot be written, or is there already. Remedy: choose another path, or replace it with `--force`. */
export const QT_CONFIG_NOT_WRITTEN = 'QT_CONFIG_NOT_WRITTEN';
/** A module of the user's handlers cannot be loaded, or does not say what it subscribes. Remedy: the message names the file and what is missing; `qt run --help` shows the form. */
export const QT_APP_HANDLERS_INVALID = 'QT_APP_HANDLERS_INVALID';
/** Live trading was asked for and there is no live venue. Remedy: use `paper`, `backtest` or `logging_only`. */
export const QT_APP_LIVE_REFUSED = 'QT_APP_LIVE_REFUSED';
/** An input file cannot be read. Remedy: check the path in the message and its permissions. */
export const QT_APP_INPUT_UNREADABLE = 'QT_APP_INPUT_UNREADABLE';
/** The journal that a run should go on with is of another run. Remedy: the message names what differs; run it with the same settings, or give it a directory of its own. */
export const QT_APP_JOURNAL_OTHER_RUN = 'QT_APP_JOURNAL_OTHER_RUN';
/** A run that cannot be repeated should be recorded behind other events. Remedy: give it an empty directory. */
export const QT_APP_JOURNAL_NOT_EMPTY = 'QT_APP_JOURNAL_NOT_EMPTY';
/** A recording cannot be replayed: it is not whole. Remedy: the message says what is missing; record with `--keep-all`, or verify before retention takes its share. */
export const QT_APP_REPLAY_REFUSED = 'QT_APP_REPLAY_REFUSED';
/** A repeated run decides otherwise than its journal says. Remedy: the message shows both sides; look for state that outlives a run, such as a kill switch's latch file, or for code that changed under the same version. */
export const QT_REPLAY_DIFFERS = 'QT_REPLAY_DIFFERS';
/** The thread of an event logger ended on its own. Remedy: see the cause; the journal has every event, so catch up with `qt sql`. */
export const QT_APP_LOGGER_LOST = 'QT_APP_LOGGER_LOST';
/** A file or directory that should be made is there already, or its place cannot be written to. Remedy: choose another path, or replace a file with `--force`. */
export const QT_APP_OUTPUT_REFUSED = 'QT_APP_OUTPUT_REFUSED';
/** A file is no exported journal, or was changed or cut since; nothing was imported. Remedy: the message names the line; export the journal again. */
export const QT_APP_TRANSFER_DAMAGED = 'QT_APP_TRANSFER_DAMAGED';
/** An export could not be written to its end, and was taken away. Remedy: see the reason in the message; free space and export again. */
export const QT_EXPORT_WRITE_FAILED = 'QT_EXPORT_WRITE_FAILED';
/** An imported journal, read again, was not what its file says; it was taken away. Remedy: check the disk, and that the file is not of a version with other rules. */
export const QT_EXPORT_COPY_DIFFERS = 'QT_EXPORT_COPY_DIFFERS';
