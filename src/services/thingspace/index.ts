export { createBearer, type DirectCredentials, revokeToken } from './bearer.js';
export { BUDGET_SLOT } from './budget.js';
export { classify, type ThingspaceCall, type ThingspaceVerdict } from './errors.js';
export {
  asyncLocationBody,
  type CarrierPosition,
  DEVICE_LOCATIONS_PATH,
  type DeviceAnswer,
  type LocationCallback,
  type LocationDevice,
  readLocationCallback,
} from './location.js';
export type { DeviceNames, OperatorIdentity } from './operator.js';
export type { ThingspaceOptions } from './road.js';
export * from './service.js';
export { loginFingerprint, type ThingspaceVault } from './strike-ledger.js';
export { createWire as createThingspaceWire } from './wire.js';
export type { ThingspaceState } from './words.js';
