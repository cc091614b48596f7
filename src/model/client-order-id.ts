import { cryptography } from '../base/index.ts';
import type { OrderIntent } from './words.ts';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const LENGTH = 24;

/**
 * The id under which we send an order. Fixed before the first send and the same after a restart, so that asking the
 * venue for it tells whether the order arrived. 26 characters, within every venue's limit of 36.
 *
 * @param attempt from 0; rises only after the order before is known to be terminal
 * @example toClientOrderId('acct1', 'req_000001', 'ENTRY', 0) // 'qtu54snt64k22xp6guycykval5'
 * @see RFC 4648 section 6 (base32), in lower case
 */
export function toClientOrderId(account: string, requestId: string, intent: OrderIntent, attempt: number): string {
  const digest = cryptography().createHash('sha256').update(`${account}|${requestId}|${intent}|${attempt}`).digest();
  let text = 'qt';
  for (let i = 0; i < LENGTH; i++) {
    const bit = i * 5;
    const pair = ((digest[bit >> 3] ?? 0) << 8) | (digest[(bit >> 3) + 1] ?? 0);
    text += ALPHABET.charAt((pair >> (11 - (bit & 7))) & 31);
  }
  return text;
}
