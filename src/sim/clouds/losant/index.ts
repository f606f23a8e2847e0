// The face of the simulated Losant.
export { NARROW_SCOPE } from './account.js';
export { LOSANT_OUTAGES, type LosantBroker, type LosantOutage } from './broker.js';
export type { StateRow } from './cloud.js';
export type {
  BanSeen,
  CommandSeen,
  ConnectSeen,
  LosantLedger,
  RestSeen,
  StateSeen,
  StatusSeen,
} from './ledger.js';
export * from './losant.js';
export { LOSANT_ROUTES, type LosantRoute } from './rest-call.js';
export { LOSANT_FAULTS, type LosantFault } from './rest-faults.js';
export {
  DEFAULT_LOSANT_SETTINGS,
  LOSANT_KNOB_NAMES,
  LOSANT_KNOBS,
  type LosantKnob,
  type LosantSettings,
} from './settings.js';
