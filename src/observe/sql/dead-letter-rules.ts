import { SystemDeadletterAdded, SystemDeadletterRedriveRequested, SystemDeadletterRemoved } from '../../model/index.ts';
import { upsert, type Rule } from './rule.ts';

/** `dead_letters`: DEAD, REDRIVE_REQUESTED, and then what removed the letter: REDRIVEN, PURGED or FORGOTTEN. */
export const DEAD_LETTER_RULES: readonly Rule[] = [
  upsert(SystemDeadletterAdded, 'dead_letters', ({ payload: p, seq, timestamp }) => ({
    letter_id: p.letter_id,
    event_id: p.event_id,
    event_seq: p.event_seq,
    event_type: p.type,
    group_name: p.group,
    reason: p.reason,
    attempts: p.attempts,
    error_code: p.code,
    error_message: p.message,
    failures: p.failures,
    event: p.event,
    status: 'DEAD',
    dead_us: p.dead_at,
    updated_us: timestamp,
    last_seq: seq,
  })),
  upsert(SystemDeadletterRedriveRequested, 'dead_letters', ({ payload: p, seq, timestamp }) => ({
    letter_id: p.letter_id,
    status: 'REDRIVE_REQUESTED',
    updated_us: timestamp,
    last_seq: seq,
  })),
  upsert(SystemDeadletterRemoved, 'dead_letters', ({ payload: p, seq, timestamp }) => ({
    letter_id: p.letter_id,
    status: p.cause,
    updated_us: timestamp,
    last_seq: seq,
  })),
];
