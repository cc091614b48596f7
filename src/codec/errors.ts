/** A payload, key or meta field holds something that bytes cannot carry exactly. Remedy: the message names the field; publish plain data. */
export const QT_CODEC_UNSUPPORTED_VALUE = 'QT_CODEC_UNSUPPORTED_VALUE';
/** The event is longer than the largest frame. Remedy: publish a reference to the data, or raise the limit. */
export const QT_CODEC_TOO_LARGE = 'QT_CODEC_TOO_LARGE';
/** Bytes are no frame, or not a whole one. Remedy: dead-letter them raw; look for what wrote them. */
export const QT_CODEC_DAMAGED = 'QT_CODEC_DAMAGED';
/** A frame names a type that this table does not hold. Remedy: send the reader the newer records first. */
export const QT_CODEC_TYPE_UNKNOWN = 'QT_CODEC_TYPE_UNKNOWN';
/** Two sides hold different schemas or versions of one type. Remedy: load one definition everywhere, or convert the old frames. */
export const QT_CODEC_SCHEMA_MISMATCH = 'QT_CODEC_SCHEMA_MISMATCH';
/** A type cannot enter the table: a field name is not usable, or its number is taken. Remedy: see the message. */
export const QT_CODEC_TYPE_INVALID = 'QT_CODEC_TYPE_INVALID';
/** All 65535 type numbers are in use. Remedy: put the varying part of the type into the payload or the key. */
export const QT_CODEC_TABLE_FULL = 'QT_CODEC_TABLE_FULL';
