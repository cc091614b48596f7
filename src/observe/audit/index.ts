/**
 * The audit trail: every decision in a file whose records are chained by hash, and its verification.
 *
 * @module
 */
export { openAuditLog, type AuditLog } from './audit-log.ts';
export { AUDIT_GENESIS, AuditChain, auditHash, toAuditLine, type AuditEntry, type AuditRecord } from './chain.ts';
export { AuditVerifier, toIntegrityFailed, verifyAuditFile, type AuditFault, type AuditVerdict } from './verify.ts';
