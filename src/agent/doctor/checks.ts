// The doctor's checks in the order in which they are made: what an earlier one finds is not blamed by a later one.
import { clockCheck } from './checks/clock.js';
import { configurationCheck } from './checks/configuration.js';
import { dataPathCheck } from './checks/data-path.js';
import { dnsCheck } from './checks/dns.js';
import { memoryCheck } from './checks/memory.js';
import { modemManagerCheck } from './checks/modem-manager.js';
import { moduleCheck } from './checks/module.js';
import { nodeCheck } from './checks/node.js';
import { portCheck } from './checks/port.js';
import { portHolderCheck } from './checks/port-holder.js';
import { powerCheck } from './checks/power.js';
import { receiverCheck } from './checks/receiver.js';
import { registrationCheck } from './checks/registration.js';
import { secretFilesCheck } from './checks/secret-files.js';
import { serialPermissionCheck } from './checks/serial-permission.js';
import { servicesCheck } from './checks/services.js';
import { signalCheck } from './checks/signal.js';
import { simCheck } from './checks/sim.js';
import { stateDirectoryCheck } from './checks/state-directory.js';
import { statusDoorCheck } from './checks/status-door.js';
import { temperatureCheck } from './checks/temperature.js';
import { tokensCheck } from './checks/tokens.js';
import { udevRulesCheck } from './checks/udev-rules.js';
import type { Desk } from './desk.js';
import type { Check } from './types.js';

export const CHECKS: readonly Check<Desk>[] = [
  nodeCheck,
  configurationCheck,
  stateDirectoryCheck,
  secretFilesCheck,
  serialPermissionCheck,
  portCheck,
  portHolderCheck,
  modemManagerCheck,
  udevRulesCheck,
  moduleCheck,
  simCheck,
  registrationCheck,
  signalCheck,
  dataPathCheck,
  dnsCheck,
  servicesCheck,
  clockCheck,
  tokensCheck,
  powerCheck,
  temperatureCheck,
  memoryCheck,
  receiverCheck,
  statusDoorCheck,
];
