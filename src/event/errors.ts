/** A type or pattern is not dotted lower case. Remedy: `domain.entity.action`; `*` for one segment, `**` for the rest, in patterns only. */
export const QT_EVENT_TOPIC_INVALID = 'QT_EVENT_TOPIC_INVALID';
/** A payload does not fit its schema. Remedy: the message names the field and the value. */
export const QT_EVENT_PAYLOAD_INVALID = 'QT_EVENT_PAYLOAD_INVALID';
/** A type was defined twice with different schemas. Remedy: define it once and import it. */
export const QT_EVENT_REDEFINED = 'QT_EVENT_REDEFINED';
/** A definition cannot be used: its payload is no object schema, or an option is wrong. Remedy: see the message. */
export const QT_EVENT_DEFINITION_INVALID = 'QT_EVENT_DEFINITION_INVALID';
/** A field of the envelope is wrong (timestamp, key, priority). Remedy: the message names it. */
export const QT_EVENT_ENVELOPE_INVALID = 'QT_EVENT_ENVELOPE_INVALID';
