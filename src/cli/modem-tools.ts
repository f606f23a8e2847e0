// What the modem verbs use of the agent room.
import * as agent from '../agent/index.js';

export const {
  agentHolding,
  askModem,
  assertMaySend,
  inspectModem,
  inspectPorts,
  reportFromStatus,
  shownText,
  wipeModule,
} = agent;
export type { InspectedPort, ModemAccess, ModemReport, PortsReport } from '../agent/index.js';
