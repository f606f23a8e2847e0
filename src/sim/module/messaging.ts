// Short messages and phone book, as far as phone tools and modem daemons ask before they do something else. The store
// is empty and sending is refused.
import { type CommandTable, remembered } from './command.js';

const STORES = '("SM","ME"),("SM","ME"),("SM","ME")';
const EMPTY = '0,20,0,20,0,20';

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
    test: STORES,
    needsCard: true,
    latency: 'card',
  },
  '+CMGF': remembered('+CMGF', '0', /^[01]$/, '(0,1)'),
  '+CNMI': remembered('+CNMI', '0,0,0,0,0', /^\d(,\d){0,4}$/, '(0-3),(0-3),(0-3),(0-2),(0,1)'),
  '+CSCA': {
    read: ({ info }) => {
      info('+CSCA: "",129');
      return 'OK';
    },
    set: () => 'OK',
    test: '',
    needsCard: true,
    latency: 'card',
  },
  '+CSDH': remembered('+CSDH', '0', /^[01]$/, '(0,1)'),
  '+CMGL': { exec: () => 'OK', set: () => 'OK', test: '(0-4)', needsCard: true },
  '+CMGR': { set: () => ({ cms: 321 }), needsCard: true },
  '+CMGS': { set: () => ({ cms: 302 }), needsCard: true },
  '+CPBS': remembered('+CPBS', '"SM",0,250', /^"?(SM|ME|FD|LD|ON)"?$/, '("SM","ME","FD","LD","ON")'),
  '+CPBR': { set: () => ({ cme: 22 }), needsCard: true },
};
