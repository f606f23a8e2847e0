// PointPerfect: corrections and their keys over MQTT.
export type { KeyPair } from './key-intake.js';
export * from './keys.js';
export * from './localized.js';
export * from './mqtt.js';
export * from './mqtt-types.js';
export * from './prove.js';
export * from './regions.js';
export {
  type EndOfService,
  endOfService,
  oneMoreSilent,
  POINTPERFECT_MQTT_END,
  type SilentRun,
} from './service-end.js';
export * from './tiles.js';
export * from './topics.js';
