// Telit deviceWISE: records up and methods down, by the module’s own client or by this gateway.
export * from './application-id.js';
export { createHttpRoad, type HttpRoadDeps, type HttpRoadOpener, type HttpRoadOptions } from './http-road.js';
export * from './judgement.js';
export { createMqttRoad, type MqttRoadDeps, type MqttRoadOptions } from './mqtt-road.js';
export * from './types.js';
export { type ApplicationId, type GatewayIdentity, type GatewayRoadDeps } from './who.js';
