// The face of the simulated clouds.
export * from './assistnow.js';
export { ASSIST_FAULTS, type AssistFault } from './assistnow-faults.js';
export {
  ASSIST_DATA_TYPES,
  type AssistDataType,
  type AssistNowSettings,
  LEGACY_TOKEN_STATES,
  type LegacyTokenState,
} from './assistnow-settings.js';
export { type BrokerStats, END_OF_SERVICE_FORMS, type EndOfService, type SimBroker } from './broker.js';
export type { CasterStats, CasterUser, SimCaster } from './caster.js';
export type { CasterConnection } from './caster-session.js';
export {
  CASTER_FAULTS,
  type CasterFault,
  type CasterSettings,
  DEFAULT_CASTER,
  MOUNT_POINTS,
  type MountPoint,
} from './caster-settings.js';
export { ALERT } from './certificate-gate.js';
export * from './clouds.js';
export * from './devicewise/index.js';
export * from './losant/index.js';
export type { IssuedClient, KeyPairPem, Pki, ServerFace } from './pki.js';
export { runSimClouds } from './run.js';
export * from './thingspace/index.js';
export {
  ALL_TOPICS,
  CORRECTION_TOPICS,
  FREQUENCIES_TOPIC,
  groupTopic,
  KEY_FRAME_TOPIC,
  KEY_JSON_TOPIC,
  MGA_TOPIC,
  MGA_UPDATES_TOPIC,
  REGIONS,
  regionTopic,
} from './topics.js';
export type { UcenterSettings } from './ucenter.js';
export type { SimZtp, ZtpCall, ZtpFault } from './ztp.js';
export { ZTP_PLANS, type ZtpPlan, type ZtpProfile } from './ztp-rules.js';
