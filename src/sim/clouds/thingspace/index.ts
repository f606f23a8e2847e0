// The face of the simulated ThingSpace.
export type { ThingSpaceSecrets, UserRecord } from './account.js';
export { CALLBACK_SECRET_HEADER, CALLBACK_SIGNATURE_HEADER, type CallbackSent } from './callbacks.js';
export { THINGSPACE_FAULTS, type ThingSpaceFault } from './faults.js';
export { THINGSPACE_CALLS, THINGSPACE_PATHS, type ThingSpaceCall } from './routes.js';
export type { ThingSpaceCredentials, ThingSpaceRequestSeen } from './seen.js';
export {
  ERROR_BODIES,
  EXPIRES_IN_FORMS,
  OPERATOR_EXPIRIES,
  OPERATOR_MOODS,
  type OperatorMood,
  RETRY_AFTERS,
  SESSION_ERROR_SHAPES,
  type ThingSpaceSettings,
  UTC_OFFSETS,
  WRONG_PATHS,
} from './settings.js';
export { CONSENTS, type Consent, type SimDevice, type SimPlace, type ThingSpaceCounters } from './state.js';
export {
  createSimThingSpace,
  type SimThingSpace,
  type ThingSpaceDeps,
  type ThingSpaceDescription,
} from './thingspace.js';
