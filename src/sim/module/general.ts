// Settings of the conversation itself, power, indicators, and the letter commands (specs/modem.md 1.1, 2.2).
import {
  type BasicTable,
  CME,
  type CommandContext,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
} from './command.js';
import { identification } from './identity.js';
import { isRegistered } from './network.js';
import { FACTORY_PROFILE } from './nvm.js';
import { freshSession } from './state.js';

function setFunctionality(context: CommandContext, [modeText, reset]: readonly string[]): Outcome {
  const mode = numberIn(modeText, 0, 7);
  if (mode === undefined || (reset !== undefined && reset !== '0' && reset !== '1')) return { cme: CME.badParameters };
  if (reset === '1') {
    context.afterFinal(context.reboot);
    return 'OK';
  }
  context.state.functionality = mode;
  context.updateRadio();
  return 'OK';
}

function indicators({ state, info }: CommandContext): Outcome {
  const registered = isRegistered(state) ? 1 : 0;
  const roaming = state.registration === 5 ? 1 : 0;
  const bars = registered === 0 ? 0 : Math.max(1, Math.min(5, Math.round((state.signal.rssiDbm + 113) / 12)));
  info(`+CIND: 5,${bars},${registered},0,0,0,0,${roaming},0`);
  return 'OK';
}

const reboot = ({ afterFinal, reboot: again }: CommandContext): Outcome => {
  afterFinal(again);
  return 'OK';
};
const shutDown = ({ afterFinal, powerOff }: CommandContext): Outcome => {
  afterFinal(powerOff);
  return 'OK';
};

export const GENERAL_COMMANDS: CommandTable = {
  '+CMEE': {
    read: ({ state, info }) => {
      info(`+CMEE: ${state.session.cmee}`);
      return 'OK';
    },
    set: ({ state }, [mode]) => {
      const value = numberIn(mode, 0, 2);
      if (value === undefined) return 'ERROR';
      state.session.cmee = value;
      return 'OK';
    },
    test: '(0-2)',
  },
  '+CFUN': {
    read: ({ state, info }) => {
      info(`+CFUN: ${state.functionality}`);
      return 'OK';
    },
    set: setFunctionality,
    test: '(0,1,4,5,6,7),(0,1)',
    latency: 'power',
  },
  '#REBOOT': { exec: reboot, latency: 'quick' },
  '#SHDN': { exec: shutDown, latency: 'quick' },
  '+CPWROFF': { exec: shutDown, latency: 'quick' },
  '+CIND': {
    read: indicators,
    test: '(("battchg",(0-5)),("signal",(0-5)),("service",(0,1)),("sounder",(0,1)),("message",(0,1)),("call",(0,1)),("vox",(0,1)),("roam",(0,1)),("smsfull",(0,1)))',
  },
  '+CMER': remembered('+CMER', '0,0,0,0,0', /^\d(,\d){0,4}$/, '(0-3),(0),(0),(0-2),(0,1)'),
  '+CBC': {
    exec: ({ info }) => {
      info('+CBC: 0,100');
      return 'OK';
    },
    test: '(0-3),(0-100)',
  },
  '+CSCS': remembered(
    '+CSCS',
    '"IRA"',
    /^"?(IRA|GSM|UCS2|HEX|8859-1|PCCP437|PCDN)"?$/i,
    '("GSM","IRA","8859-1","PCCP437","PCDN","UCS2","HEX")',
  ),
  '+CPAS': {
    exec: ({ info }) => {
      info('+CPAS: 0');
      return 'OK';
    },
    test: '(0,3,4)',
  },
  '+IPR': remembered(
    '+IPR',
    '115200',
    /^(0|300|1200|2400|4800|9600|19200|38400|57600|115200|230400|460800|921600)$/,
    '(),(0,300,1200,2400,4800,9600,19200,38400,57600,115200,230400,460800,921600)',
  ),
  '+IFC': remembered('+IFC', '2,2', /^[0-2](,[0-2])?$/, '(0-2),(0-2)'),
  '+ICF': remembered('+ICF', '3,0', /^[0-6](,[0-3])?$/, '(0-6),(0-3)'),
  '+CRC': remembered('+CRC', '0', /^[01]$/, '(0,1)'),
  '+CLIP': remembered('+CLIP', '0,2', /^[01]$/, '(0,1)'),
  '+CLAC': { exec: () => 'OK' },
  '#SELINT': remembered('#SELINT', '2', /^[0-2]$/, '(0-2)'),
  '#E2ESC': remembered('#E2ESC', '0', /^\d$/, '(0-10)'),
  '#SKIPESC': remembered('#SKIPESC', '0', /^[01]$/, '(0,1)'),
  '#TEMPMON': {
    set: ({ info }, [mode]) => {
      if (mode === '1') info('#TEMPMEAS: 0,31');
      return mode === '0' || mode === '1' ? 'OK' : { cme: CME.badParameters };
    },
    test: '(0,1)',
  },
  '+FCLASS': remembered('+FCLASS', '0', /^0$/, '(0)'),
};

const flag =
  (apply: (context: CommandContext, isOn: boolean) => void) =>
  (context: CommandContext, n = 0): Outcome => {
    if (n > 1) return 'ERROR';
    apply(context, n === 1);
    return 'OK';
  };
/** Taken for what other programs expect of it; nothing in the simulation depends on it. */
const noted =
  (max: number) =>
  (_context: CommandContext, n = 0): Outcome =>
    n <= max ? 'OK' : 'ERROR';

/** Back to the stored profile; the commands' modes fall to their defaults. */
function restore({ state }: CommandContext): Outcome {
  state.session = freshSession(state.nvm);
  return 'OK';
}

export const BASIC_COMMANDS: BasicTable = {
  E: flag(({ state }, isOn) => void (state.session.echo = isOn)),
  V: flag(({ state }, isOn) => void (state.session.verbose = isOn)),
  Q: flag(({ state }, isOn) => void (state.session.quiet = isOn)),
  I: identification,
  Z: restore,
  '&F': ({ state }) => {
    Object.assign(state.session, {
      ...FACTORY_PROFILE,
      sRegisters: new Map(),
      remembered: new Map(),
      cmee: 0,
      copsFormat: 0,
    });
    return 'OK';
  },
  '&W': ({ state }) => {
    const { echo, verbose, quiet, sRegisters } = state.session;
    state.nvm.data.profile = { echo, verbose, quiet, sRegisters: Object.fromEntries(sRegisters) };
    state.nvm.save();
    return 'OK';
  },
  '&C': noted(2),
  '&D': noted(2),
  '&K': noted(6),
  '&S': noted(3),
  '&R': noted(1),
  '&P': noted(1),
  '&Y': noted(1),
  X: noted(4),
  L: noted(3),
  M: noted(2),
  H: noted(1),
  O: () => 'NO CARRIER',
  A: () => 'NO CARRIER',
  D: () => 'NO CARRIER',
  T: () => 'OK',
  P: () => 'OK',
};

/** S-registers with their power-on values. */
export const S_DEFAULTS: Readonly<Record<number, number>> = {
  0: 0,
  2: 43,
  3: 13,
  4: 10,
  5: 8,
  7: 60,
  12: 50,
  25: 5,
};
