// The module: AT dialogue, bring-up, registration, bearer, and the deviceWISE settings inside it.
export type { CellLocate, LocatedPosition, LocateRequest } from './apps/celllocate/types.js';
export * from './apps/devicewise/config.js';
export type { TrafficDelta } from './apps/devicewise/traffic.js';
export type { DeviceWiseClient, DeviceWiseSession } from './apps/devicewise/types.js';
export type { ModuleGnss } from './apps/module-gnss/types.js';
export * from './at.js';
export * from './channel.js';
export { type Forgotten, forgetOurs } from './forget.js';
export { type Judgement, judgeCommand } from './guard.js';
export { commandLimitMs } from './limits.js';
export * from './modem.js';
export * from './options.js';
export type { PinLedger, PinRecord } from './pin.js';
export { type PortProbe, type ProbeOptions, probePort } from './probe.js';
export { type CellReport, type PortRole, VENDORS, type Vendor } from './profile.js';
export type { AppTokenState, DataPath, ModemCounters, ModemSnapshot, ModemStage } from './snapshot.js';
export { greetModule, type Survey, type SurveyedContext, surveyModule } from './survey.js';
export { type KnownPort, ROLE_WORDS, roleOf } from './usb.js';
