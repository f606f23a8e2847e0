// Short messages and phone book, as far as phone tools and modem daemons ask before they do something else. The store
// is empty; a message that is typed at the prompt goes nowhere.
import { CME, type CommandContext, type CommandTable, numberIn, type Outcome, remembered, says } from '../command.js';

const STORES = '("SM","ME"),("SM","ME"),("SM","ME")';
const EMPTY = '0,20,0,20,0,20';
const CENTRE = '+CSCA';

/** +CMGS: in text mode a number, in PDU mode a length; the latter needs a service centre, which a fresh card lacks. */
function sendMessage({ state, session, info, prompt }: CommandContext, [target = '']: readonly string[]) {
  const isText = session.remembered.get('+CMGF') === '1';
  if (isText ? !/^\+?[0-9*#]{1,20}$/.test(target) : numberIn(target, 1, 255) === undefined) return { cms: 305 };
  if (!isText && (state.nvm.data.settings[CENTRE] ?? '') === '') return { cms: 302 };
  prompt((text): Outcome => {
    if (text === undefined) return 'OK';
    info('+CMGS: 1');
    return 'OK';
  });
  return 'PENDING' as const;
}

export const MESSAGING_COMMANDS: CommandTable = {
  '+CSMS': {
    read: ({ info }) => {
      info('+CSMS: 0,1,1,1');
      return 'OK';
    },
    set: ({ info }) => {
      info('+CSMS: 1,1,1');
      return 'OK';
    },
    arity: [1, 1],
    test: '(0,1)',
  },
  '+CPMS': {
    read: ({ info }) => {
      info('+CPMS: "SM",0,20,"SM",0,20,"SM",0,20');
      return 'OK';
    },
    set: ({ info }) => {
      info(`+CPMS: ${EMPTY}`);
      return 'OK';
    },
    arity: [1, 3],
    test: STORES,
    needsCard: true,
    latency: 'card',
  },
  '+CMGF': remembered('+CMGF', '0', /^[01]$/, '(0,1)'),
  '+CNMI': remembered('+CNMI', '0,0,0,0,0', /^\d(,\d){0,4}$/, '(0-3),(0-3),(0-3),(0-2),(0,1)'),
  [CENTRE]: {
    read: ({ state, info }) => {
      const number = state.nvm.data.settings[CENTRE] ?? '';
      info(`+CSCA: "${number}",${number.startsWith('+') ? 145 : 129}`);
      return 'OK';
    },
    set: ({ state }, [number = '']) => {
      if (!/^\+?\d{1,20}$/.test(number)) return { cme: CME.badParameters };
      state.nvm.data.settings[CENTRE] = number;
      state.nvm.save();
      return 'OK';
    },
    arity: [1, 2],
    test: '',
    needsCard: true,
    latency: 'card',
  },
  '+CSDH': remembered('+CSDH', '0', /^[01]$/, '(0,1)'),
  '+CSMP': remembered('+CSMP', '17,167,0,0', /^\d{0,3}(,[^,]{0,20}){0,3}$/),
  '+CSCB': remembered('+CSCB', '0,"",""', /^[01](,"[\d,-]{0,40}"){0,2}$/, '(0,1)'),
  '+CMGL': { exec: () => 'OK', set: () => 'OK', test: '(0-4)', needsCard: true },
  '+CMGR': { set: () => ({ cms: 321 }), needsCard: true },
  '+CMGD': { set: () => 'OK', test: '(),(0-4)', needsCard: true, latency: 'card' },
  '+CMGS': { set: sendMessage, test: '', needsCard: true },
  '+CPBS': {
    ...remembered('+CPBS', '"SM",0,250', /^"?(SM|ME|FD|LD|ON)"?$/, '("SM","ME","FD","LD","ON")'),
    needsCard: true,
  },
  '+CPBR': { set: () => ({ cme: CME.notFound }), test: '(1-250),40,16', needsCard: true },
  '+CUSD': remembered('+CUSD', '0', /^[0-2](,.{0,200})?$/, '(0-2)'),
  '+CLIR': { ...says(), read: says('+CLIR: 0,1').exec, test: '(0-2)' },
};
