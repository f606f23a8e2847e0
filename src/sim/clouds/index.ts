// The face of the simulated clouds.
export type { BrokerStats, SimBroker } from './broker.js';
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
export type { SimZtp, ZtpCall, ZtpFault } from './ztp.js';
export type { ZtpProfile } from './ztp-rules.js';
