// The face of the simulated deviceWISE.

export { DEFAULT_DEFINITION, DEVICE_ROLE } from './account.js';
export type { DeviceWiseBroker } from './broker.js';
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
export * from './devicewise.js';
export {
  DEVICEWISE_FAULTS,
  DEVICEWISE_FRONTS,
  type DeviceWiseFault,
  type DeviceWiseFront,
} from './faults.js';
export type { DeviceWiseCallSeen, DeviceWiseConnectSeen, DeviceWiseFrontLedger } from './front-ledger.js';
export {
  DEFAULT_DEVICEWISE_FRONT,
  DEVICEWISE_FRONT_KNOB_NAMES,
  DEVICEWISE_FRONT_KNOBS,
  type DeviceWiseFrontKnob,
  type DeviceWiseFrontSettings,
} from './front-settings.js';
export { DEVICEWISE_OUTAGES, type DeviceWiseOutage } from './gate.js';
export type { DeviceWiseHttp } from './http.js';
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
