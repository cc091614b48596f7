/** Mode `live` was asked for, but no live venue ships yet. Remedy: run with mode paper, backtest or logging_only. */
export const QT_EXECUTION_NO_LIVE_VENUE = 'QT_EXECUTION_NO_LIVE_VENUE';
/** The charges preset is not known. Remedy: use one of the names in the message, or give your own rules. */
export const QT_EXECUTION_PRESET_UNKNOWN = 'QT_EXECUTION_PRESET_UNKNOWN';
