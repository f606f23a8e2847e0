// Settings of the conversation itself, power and indicators (specs/modem.md 1.1, 2.2).
import {
  CME,
  type CommandContext,
  type CommandSpec,
  type CommandTable,
  numberIn,
  type Outcome,
  remembered,
  says,
} from '../command.js';
import { isRegistered } from './registration.js';

const FUNCTIONALITY: CommandSpec = {
  read: ({ state, info }) => {
    info(`+CFUN: ${state.functionality}`);
    return 'OK';
  },
  set: (context, [modeText, reset]) => {
    const { state, family } = context;
    const mode = numberIn(modeText, 0, 127);
    if (mode === undefined || (reset !== undefined && reset !== '0' && reset !== '1'))
      return { cme: CME.badParameters };
    if (family.restarts.includes(mode)) {
      context.afterFinal(context.reboot);
      return 'OK';
    }
    if (!family.functionalities.includes(mode)) return { cme: CME.badParameters };
    if (reset === '1') {
      context.afterFinal(context.reboot);
      return 'OK';
    }
    state.functionality = mode;
    context.updateRadio();
    return 'OK';
  },
  arity: [1, 2],
  test: ({ family, info }) => {
    info(`+CFUN: (${[...family.functionalities, ...family.restarts].join(',')}),(0,1)`);
    return 'OK';
  },
  latency: 'power',
};

function indicators({ state, info }: CommandContext): Outcome {
  const registered = isRegistered(state) ? 1 : 0;
  const roaming = state.registration === 5 ? 1 : 0;
  const bars = registered === 0 ? 0 : Math.max(1, Math.min(5, Math.round((state.signal.rssiDbm + 113) / 12)));
  info(`+CIND: 5,${bars},${registered},0,0,0,0,${roaming},0`);
  return 'OK';
}

export const reboot = ({ afterFinal, reboot: again }: CommandContext): Outcome => {
  afterFinal(again);
  return 'OK';
};
export const shutDown = ({ afterFinal, powerOff }: CommandContext): Outcome => {
  afterFinal(powerOff);
  return 'OK';
};

export const GENERAL_COMMANDS: CommandTable = {
  '+CMEE': {
    read: ({ session, info }) => {
      info(`+CMEE: ${session.cmee}`);
      return 'OK';
    },
    set: ({ session }, [mode]) => {
      const value = numberIn(mode, 0, 2);
      if (value === undefined) return 'ERROR';
      session.cmee = value;
      return 'OK';
    },
    arity: [1, 1],
    test: '(0-2)',
  },
  '+CFUN': FUNCTIONALITY,
  '+CIND': {
    read: indicators,
    test: '(("battchg",(0-5)),("signal",(0-5)),("service",(0,1)),("sounder",(0,1)),("message",(0,1)),("call",(0,1)),("vox",(0,1)),("roam",(0,1)),("smsfull",(0,1)))',
  },
  '+CMER': remembered('+CMER', '0,0,0,0,0', /^\d(,\d){0,4}$/, '(0-3),(0),(0),(0-2),(0,1)'),
  '+CBC': { ...says('+CBC: 0,100'), test: '(0-3),(0-100)' },
  '+CSCS': remembered(
    '+CSCS',
    '"IRA"',
    /^"?(IRA|GSM|UCS2|HEX|8859-1|PCCP437|PCDN)"?$/i,
    '("GSM","IRA","8859-1","PCCP437","PCDN","UCS2","HEX")',
  ),
  '+CPAS': { ...says('+CPAS: 0'), test: '(0,3,4)' },
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
  '+FCLASS': remembered('+FCLASS', '0', /^0$/, '(0)'),
};
