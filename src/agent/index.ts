export { canarySelfTest } from './canary.js';
export { type Agent, type AgentDeps, createAgent } from './compose.js';
export { inspectCredentials, inspectSecretFile } from './inspect.js';
export { agentHolding, askModem, assertMaySend, inspectModem, type ModemAccess } from './inspect-modem.js';
export { type InspectedPort, inspectPorts, type PortsReport } from './inspect-ports.js';
export { type ModemReport, reportFromStatus } from './modem-report.js';
export { createReloadingAgent, type ReloadingAgent, type ReloadingDeps } from './reloading.js';
export { shownText } from './trace.js';
export { buildTimeMs, version } from './version.js';
