// Losant: states up over MQTT or REST, commands down.
export { type AttributeValue } from './attributes.js';
export * from './catch-up.js';
export * from './commands.js';
export type { LosantCredentials } from './credentials.js';
export * from './enrol.js';
export * from './enrol-device.js';
export * from './enrol-identity.js';
export { type AuthAnswer as LosantAuthAnswer } from './oracle.js';
export * from './prove-pair.js';
export {
  createLosantRest,
  type LosantCall,
  type LosantRest,
  type LosantRestDeps,
  type LosantRestOptions,
} from './rest.js';
export * from './service.js';
export { type LosantState, type StateAnswer, type StateFacts, toState } from './state.js';
export * from './types.js';
