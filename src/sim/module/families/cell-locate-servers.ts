// Servers and token of u-blox's client for positions, in NVM, and the module's own receiver as far as it gets in the way
// (specs/ublox.md 5.1, 7.5 row 41).
import { CME, type CommandSpec, numberIn } from '../command.js';
import type { ModuleState } from '../state.js';

/** The family's own numbers. */
export const LOCATION_ERRORS = { gnssOn: 1702, gnssOff: 1703, busy: 1713 } as const;
export const LOCATION_ERROR_TEXTS: Readonly<Record<number, string>> = {
  1702: 'Invalid operation with GPS ON',
  1703: 'Invalid operation with GPS OFF',
  1713: 'Invalid operation with LOC running / GPS Busy',
};

// ---- servers

const SERVERS = '+UGSRV';
const FACTORY = ['', '', '', '14', '4', '1', '65', '0', '1', '1'];
/** Days, period, resolution, satellite systems, mode, kinds of data, context. */
const RANGES = [
  [1, 14],
  [0, 4],
  [0, 3],
  [0, 127],
  [0, 2],
  [0, 31],
  [0, 16],
] as const;
const QUOTED_FIELDS = 3;
const MAX_TEXT = 256;

const serversOf = ({ nvm }: ModuleState): string[] => {
  const text = nvm.data.settings[SERVERS];
  return text === undefined ? [...FACTORY] : text.split('\t');
};
export const tokenOf = (state: ModuleState): string => serversOf(state)[2] ?? '';

/** What a power cut takes along, where it does. */
export function forgetServers({ nvm }: ModuleState): void {
  if (nvm.data.settings[SERVERS] === undefined) return;
  Reflect.deleteProperty(nvm.data.settings, SERVERS);
  nvm.save();
}

export const SERVER_SETTINGS: CommandSpec = {
  read: ({ state, info }) => {
    const fields = serversOf(state).map((text, i) => {
      const shown = i === 2 && text !== '' && state.cellLocate.masksToken ? '*****' : text;
      return i < QUOTED_FIELDS ? `"${shown}"` : shown;
    });
    info(`+UGSRV: ${fields.join(',')}`);
    return 'OK';
  },
  set: ({ state }, args) => {
    if (state.isGnssOn && state.cellLocate.needsGnssOff) return { cme: LOCATION_ERRORS.gnssOn };
    const fields = [...FACTORY];
    for (const [i, text] of args.entries()) {
      if (i < QUOTED_FIELDS) {
        if (text.length > MAX_TEXT) return { cme: CME.badParameters };
        fields[i] = text;
        continue;
      }
      const [least, most] = RANGES[i - QUOTED_FIELDS] ?? [0, 0];
      if (text === '') continue;
      if (numberIn(text, least, most) === undefined) return { cme: CME.badParameters };
      fields[i] = text;
    }
    if (fields[2] === '') return { cme: CME.badParameters };
    state.nvm.data.settings[SERVERS] = fields.join('\t');
    state.nvm.save();
    return 'OK';
  },
  arity: [3, 10],
  test: '"primary server","secondary server","authentication token",(1-14),(0-4),(0-3),(0-127),(0-2),(0-31),(0-16)',
  latency: 'store',
};

// ---- the receiver

export const RECEIVER: CommandSpec = {
  read: ({ state, session, info }) => {
    info(state.isGnssOn ? `+UGPS: 1,${session.remembered.get('+UGPS') ?? '0,1'}` : '+UGPS: 0,0,1');
    return 'OK';
  },
  set: ({ state, session }, [onText, aid = '0', systems = '1']) => {
    const on = numberIn(onText, 0, 1);
    if (on === undefined || numberIn(aid, 0, 15) === undefined || numberIn(systems, 0, 127) === undefined)
      return { cme: CME.badParameters };
    if (state.locating) return { cme: LOCATION_ERRORS.busy };
    if (state.isGnssOn === (on === 1)) return { cme: on === 1 ? LOCATION_ERRORS.gnssOn : LOCATION_ERRORS.gnssOff };
    state.isGnssOn = on === 1;
    session.remembered.set('+UGPS', `${aid},${systems}`);
    return 'OK';
  },
  arity: [1, 3],
  test: '(0-1),(0-15),(0-127)',
  latency: 'power',
};
