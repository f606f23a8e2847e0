// The deviceWISE commands as far as a token check needs them: settings in NVM, and a client that never connects
// (specs/devicewise.md 1.2, 1.3, 1.10).
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome } from '../command.js';
import { DEVICE_WISE_DEFAULTS, type DeviceWiseConfig } from '../nvm.js';

const SERVER = /^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$/;
const TOKEN = /^[\x21-\x7e]{0,256}$/;

/** Range of each numeric parameter, in the order of the command. */
const NUMBERS = [
  ['security', 0, 1],
  ['heartbeatSeconds', 10, 86_400],
  ['autoReconnect', 0, 3],
  ['overflowHandling', 0, 1],
  ['atrunInstanceId', 0, 4],
  ['serviceTimeoutSeconds', 1, 120],
] as const;

/** The nine values of a set command, undefined when one is out of range. Omitted ones take their default. */
export function parseDeviceWise(args: readonly string[]): DeviceWiseConfig | undefined {
  if (args.length > 12) return undefined;
  const config = { ...DEVICE_WISE_DEFAULTS };
  const [server, selector, token, ...numbers] = args;
  if (server !== undefined && server !== '') {
    if (!SERVER.test(server)) return undefined;
    config.serverUrl = server;
  }
  if (selector !== undefined && selector !== '') {
    const value = numberIn(selector, 0, 1);
    if (value === undefined) return undefined;
    config.deviceIdSelector = value;
  }
  if (token !== undefined) {
    if (!TOKEN.test(token)) return undefined;
    config.appToken = token;
  }
  for (const [index, [name, min, max]] of NUMBERS.entries()) {
    const text = numbers[index];
    if (text === undefined || text === '') continue;
    const value = numberIn(text, min, max);
    if (value === undefined) return undefined;
    config[name] = value;
  }
  return config;
}

/** The read form: nine values and the three unused ones. It holds the token. */
export function formatDeviceWise(config: DeviceWiseConfig): string {
  const numbers = NUMBERS.map(([name]) => config[name]).join(',');
  return `#DWCFG: ${config.serverUrl},${config.deviceIdSelector},${config.appToken},${numbers},0,0,0`;
}

function configure({ state }: CommandContext, args: readonly string[]): Outcome {
  const config = parseDeviceWise(args);
  if (!config) return { cme: CME.badParameters };
  state.nvm.data.deviceWise = config;
  state.nvm.save();
  return 'OK';
}

function enable({ state }: CommandContext, [feature, on]: readonly string[]): Outcome {
  const value = numberIn(on ?? '0', 0, 1);
  if (feature !== '0' || value === undefined) return { cme: CME.badParameters };
  state.nvm.data.remoteAt = value === 1;
  state.nvm.save();
  return 'OK';
}

export const DEVICE_WISE_COMMANDS: CommandTable = {
  '#DWCFG': {
    read: ({ state, info }) => {
      info(formatDeviceWise(state.nvm.data.deviceWise));
      return 'OK';
    },
    set: configure,
    test: '(256),(0,1),(256),(0,1),(10-86400),(0-3),(0,1),(0-4),(1-120),(0),(0),(0)',
    latency: 'store',
  },
  '#DWEN': {
    read: ({ state, info }) => {
      info(`#DWEN: 0,${state.nvm.data.remoteAt ? 1 : 0},0,0,0,0,0`);
      return 'OK';
    },
    set: enable,
    test: '(0),(0,1)',
    latency: 'store',
  },
  '#DWCONN': {
    read: ({ info }) => {
      info('#DWCONN: 0,0');
      return 'OK';
    },
    // No cloud behind this module: stopping what never started fails, too.
    set: () => 'ERROR',
    test: '(0,1)',
    latency: 'query',
  },
  '#DWSTATUS': {
    exec: ({ info }) => {
      info('#DWSTATUS: 0,0,-1,0,0,0,0');
      return 'OK';
    },
    test: '',
    latency: 'query',
  },
};
