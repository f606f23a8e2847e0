// The operator's own MQTT broker: status, birth and death of this gateway.
export * from './service.js';
export { FLEET_SCHEMA_VERSION, type FleetSelf, fleetTopics } from './topics.js';
