// The face of the simulated clouds.
export type { BrokerStats, SimBroker } from './broker.js';
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
export type { IssuedClient, KeyPairPem, Pki, ServerFace } from './pki.js';
export { runSimClouds } from './run.js';
export {
  ALL_TOPICS,
  CORRECTION_TOPICS,
  groupTopic,
  KEY_FRAME_TOPIC,
  KEY_JSON_TOPIC,
  REGIONS,
  regionTopic,
} from './topics.js';
export type { UcenterSettings } from './ucenter.js';
export type { SimZtp, ZtpCall, ZtpFault } from './ztp.js';
export { ZTP_PLANS, type ZtpPlan, type ZtpProfile } from './ztp-rules.js';
