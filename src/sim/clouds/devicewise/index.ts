// The face of the simulated deviceWISE.
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
export {
  DEFAULT_DEVICEWISE_SETTINGS,
  DEVICEWISE_KNOB_NAMES,
  DEVICEWISE_KNOBS,
  type DeviceWiseKnob,
  type DeviceWiseSettings,
} from './settings.js';
export * from './types.js';
