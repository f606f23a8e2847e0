// The face of the simulated deviceWISE.
export { DEFAULT_DEFINITION, DEVICE_ROLE } from './account.js';
export { placeOfCell } from './commands-events.js';
export type {
  AlarmRecord,
  AttributeRecord,
  CallOptions,
  CallSeen,
  CallState,
  DefinitionRules,
  DeviceWiseThings,
  DeviceWiseTokens,
  LocationRecord,
  LogRecord,
  PropertyRecord,
  RecordBase,
  RootCause,
  SimDeviceWiseControl,
  SimDeviceWisePlatform,
  StoredRecords,
  ThingSeen,
  TokenRules,
} from './control.js';
export type { AdmissionSeen, DeviceWiseLedger, OutcomeSeen, RequestSeen, TopicSeen } from './ledger.js';
export { createDeviceWisePlatform, type DeviceWisePlatformDeps } from './platform.js';
export { type RequestReading, readRequest } from './request.js';
export {
  DEFAULT_DEVICEWISE_SETTINGS,
  DEVICEWISE_KNOB_NAMES,
  DEVICEWISE_KNOBS,
  type DeviceWiseKnob,
  type DeviceWiseSettings,
} from './settings.js';
export * from './types.js';
