// Corrections from NTRIP casters.
export { type Answer, createAnswerReader, type Refusal, type RefusalKind, type StreamAnswer } from './answer.js';
export * from './backoff.js';
export type { NtripTarget, OpenNtrip } from './connection.js';
export { createDechunker } from './dechunk.js';
export * from './gga.js';
export { createIcyTail } from './icy.js';
export { createInflater } from './inflate.js';
export { createIntake, kindOfMountPoint, type StreamKind } from './intake.js';
export * from './prove.js';
export { buildNtripRequest, type NtripRequest, type NtripVersion } from './request.js';
export type { NtripCounters } from './session.js';
export { createSlotMemory, type SlotMemory } from './slot.js';
export * from './source.js';
export * from './types.js';
