/** A ring cannot have this capacity. Remedy: a power of two from 1 KiB to 256 MiB. */
export const QT_RING_CAPACITY_INVALID = 'QT_RING_CAPACITY_INVALID';
/** A ring does not lie inside its buffer, or its base or first position is not a multiple of 8. Remedy: size the buffer with `ringBytes`. */
export const QT_RING_OUT_OF_BOUNDS = 'QT_RING_OUT_OF_BOUNDS';
/** There is no ring at this place of the buffer. Remedy: call `createRing` first and pass the same base. */
export const QT_RING_MISSING = 'QT_RING_MISSING';
/** The ring was made by another version of this code. Remedy: run one version on all threads. */
export const QT_RING_VERSION_MISMATCH = 'QT_RING_VERSION_MISMATCH';
/** A record cannot have this length. Remedy: an integer of at least 4 bytes, since a record contains its own length word. */
export const QT_RING_LENGTH_INVALID = 'QT_RING_LENGTH_INVALID';
/** Claim, commit and abort were called out of turn. Remedy: finish each claim, with its own index, before the next one. */
export const QT_RING_CLAIM_MISUSED = 'QT_RING_CLAIM_MISUSED';
/** A position to release has not been read. Remedy: release positions that this reader gave out. */
export const QT_RING_RELEASE_MISUSED = 'QT_RING_RELEASE_MISUSED';
/** A length word or a position cannot be true. Remedy: drop the ring and redeliver from its source; something wrote into it out of turn. */
export const QT_RING_DAMAGED = 'QT_RING_DAMAGED';
