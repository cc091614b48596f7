/** The latch file cannot be written. Remedy: check path, rights and disk; the switch works on, but would not survive a restart. */
export const QT_KILL_SWITCH_LATCH_WRITE = 'QT_KILL_SWITCH_LATCH_WRITE';
/** The file with the operators' second-factor secrets cannot be read or is not what it should be. Remedy: see `TotpSecrets`. */
export const QT_KILL_SWITCH_SECRETS_INVALID = 'QT_KILL_SWITCH_SECRETS_INVALID';
