// deviceWISE: TR50 by the module's own client or by this gateway; records up, methods down.
export { commandsOf } from './commands-of.js';
export { createDeviceWiseLink, type DeviceWiseLink, type DeviceWiseLinkDeps } from './link.js';
export { HTTP_LIFE_MS as DEVICEWISE_HTTP_LIFE_MS, STABLE_MS as DEVICEWISE_STABLE_MS } from './machine.js';
export { createModuleRoad } from './module-road.js';
export { chooseRoad, type ModuleSupport, type RoadChoice } from './road-choice.js';
export * from './service.js';
export * from './service-types.js';
export * from './types.js';
export { type FailureMeaning, type MeaningOf } from './verdicts.js';
