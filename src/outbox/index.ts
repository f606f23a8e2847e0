export { highestBoot } from './highest-boot.js';
export { type LogDisk, realLogDisk } from './log-disk.js';
export { type Outbox, type OutboxDeps, type OutboxOptions, openOutbox } from './outbox.js';
export { type QuarantineEntry, readQuarantine } from './quarantine.js';
export type { Gap, GapReason } from './retention.js';
export type { OutboxStatus } from './status.js';
