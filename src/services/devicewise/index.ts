// Telit deviceWISE: records up and methods down, by the module’s own client or by this gateway.
export * from './application-id.js';
export { commandsOf } from './commands-of.js';
export { createHttpRoad, type HttpRoadDeps, type HttpRoadOpener, type HttpRoadOptions } from './http-road.js';
export * from './judgement.js';
export { createDeviceWiseLink, type DeviceWiseLink, type DeviceWiseLinkDeps } from './link.js';
export { STABLE_MS as DEVICEWISE_STABLE_MS } from './machine.js';
export { createModuleRoad } from './module-road.js';
export { createMqttRoad, type MqttRoadDeps, type MqttRoadOptions } from './mqtt-road.js';
export { chooseRoad, type ModuleSupport, type RoadChoice } from './road-choice.js';
export * from './service.js';
export * from './service-types.js';
export * from './types.js';
export { type ApplicationId, type GatewayIdentity, type GatewayRoadDeps, tellConnected } from './who.js';
