// AT#DWCFG and AT#DWEN: settings that go to NVM at once and count from the next connection on (specs/devicewise.md 1.2, 1.3).
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome } from '../../command.js';
import type { DeviceWiseKnobs } from '../../device-wise.js';
import { DEVICE_WISE_DEFAULTS, type DeviceWiseConfig } from '../../nvm.js';

const SERVER = /^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$/;
const TOKEN = /^[\x21-\x7e]{0,256}$/;
const MAX_OPTION = 32;

/** Range of each numeric parameter, in the order of the command. */
const NUMBERS = [
  ['security', 0, 1],
  ['heartbeatSeconds', 10, 86_400],
  ['autoReconnect', 0, 3],
  ['overflowHandling', 0, 1],
  ['atrunInstanceId', 0, 4],
  ['serviceTimeoutSeconds', 1, 120],
] as const;

/** The nine values of a set command, undefined when one is out of range. Omitted ones are those of `base`. */
function parseDeviceWise(args: readonly string[], base: DeviceWiseConfig): DeviceWiseConfig | undefined {
  if (args.length > 12) return undefined;
  const config = { ...base };
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
function formatDeviceWise(config: DeviceWiseConfig, form: DeviceWiseKnobs['dwcfgReadForm']): string {
  const quote = form === 'quotes' ? '"' : '';
  const texts = [`${quote}${config.serverUrl}${quote}`, config.deviceIdSelector, `${quote}${config.appToken}${quote}`];
  const fields = [...texts, ...NUMBERS.map(([name]) => config[name]), 0, 0, 0];
  return `#DWCFG: ${fields.join(form === 'blanks' ? ', ' : ',')}`;
}

function configure({ state }: CommandContext, args: readonly string[]): Outcome {
  const isKept = state.deviceWise.knobs.dwcfgOmitted === 'keep';
  const config = parseDeviceWise(args, isKept ? state.nvm.data.deviceWise : DEVICE_WISE_DEFAULTS);
  if (!config) return { cme: CME.badParameters };
  state.nvm.data.deviceWise = config;
  state.nvm.save();
  return 'OK';
}

function enable({ state }: CommandContext, [feature, on, ...options]: readonly string[]): Outcome {
  const value = numberIn(on ?? '0', 0, 1);
  const areOptionsGood = options.length <= 5 && options.every((text) => text.length <= MAX_OPTION);
  if (feature !== '0' || value === undefined || !areOptionsGood) return { cme: CME.badParameters };
  state.nvm.data.remoteAt = value === 1;
  state.nvm.save();
  return 'OK';
}

export const SETTINGS_COMMANDS: CommandTable = {
  '#DWCFG': {
    read: ({ state, info }) => {
      info(formatDeviceWise(state.nvm.data.deviceWise, state.deviceWise.knobs.dwcfgReadForm));
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
};
