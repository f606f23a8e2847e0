export * from './behaviour.js';
export { type CellLocateKnobs, USUAL_CELL_LOCATE } from './cell-locate.js';
export type { Chunking } from './chunker.js';
export type { FamilyName, Outcome } from './command.js';
export {
  type DeviceWiseCounters,
  type DeviceWiseKnobs,
  type DeviceWiseOptions,
  type Dial,
  type DialTarget,
  USUAL_DEVICE_WISE,
} from './device-wise.js';
export * from './faults.js';
export { factoryIccid, factoryImei } from './initial.js';
export * from './module.js';
export * from './options.js';
export type { AnswerSink, Spoken } from './output.js';
export * from './run.js';
export {
  type BearerLogin,
  type Coverage,
  type Identity,
  type ModuleState,
  type Operator,
  type Position,
  type Quirks,
  type SessionSettings,
  type Signal,
  type SimCard,
  type SimCardState,
  type UrcPort,
  USUAL_FORMS,
} from './state.js';
