/** A price or size is not on its instrument's grid. Remedy: round it with the function named for the purpose, or correct tick and step. */
export const QT_MODEL_OFF_GRID = 'QT_MODEL_OFF_GRID';
/** A number is not finite or does not fit an exact integer. Remedy: check the input; amounts end at 9 billion of account currency. */
export const QT_MODEL_OUT_OF_RANGE = 'QT_MODEL_OUT_OF_RANGE';
/** A time zone is unknown to this Node. Remedy: an IANA name such as `UTC`, `America/New_York` or `Asia/Kolkata`. */
export const QT_MODEL_ZONE_INVALID = 'QT_MODEL_ZONE_INVALID';
