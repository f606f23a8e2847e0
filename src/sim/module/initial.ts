// The module as it leaves the factory, by its options.
import { USUAL_CELL_LOCATE } from './cell-locate.js';
import type { Family } from './command.js';
import { freshDeviceWise, knobsOf } from './device-wise.js';
import { factoryNvm, openNvm } from './nvm.js';
import type { SimModuleOptions } from './options.js';
import { freshSession, type ModuleState, USUAL_FORMS, withLuhn } from './state.js';

/** Where the module's own receiver stands without other options. */
const HOME = { latitudeDeg: 48.2082, longitudeDeg: 16.3738, altitudeM: 171.2 };

const serialOf = (seed = 1): string => `${seed % 1_000_000}`.padStart(6, '0');

/** What the module is known by, and its card. */
export const factoryImei = (seed?: number): string => withLuhn(`00101700${serialOf(seed)}`);
export const factoryIccid = (seed?: number): string => withLuhn(`898801000000${serialOf(seed)}`);

/** IMEI and ICCID begin with the prefixes reserved for tests; network 001-01 is the test network. */
export function initialState(options: SimModuleOptions, family: Family): ModuleState {
  const apn = options.apn ?? 'internet.example';
  const nvm = openNvm(options.stateFile, factoryNvm(apn), options.log);
  const serial = serialOf(options.seed);
  return {
    power: 'off',
    poweredOnMonoMs: 0,
    identity: { ...family.identity, imei: factoryImei(options.seed), ...options.identity },
    card: {
      state: 'ready',
      iccid: factoryIccid(options.seed),
      imsi: `001010000${serial}`,
      number: '',
      pin: '1234',
      puk: '12345678',
      isPinEnabled: false,
      pinTries: 3,
      pukTries: 10,
      lock: 'PH-NET PIN',
      ...options.card,
    },
    functionality: 1,
    session: freshSession(nvm),
    coverage: {
      state: 'home',
      technology: 7,
      areaCode: '4E20',
      cellId: '0140A29',
      routingCode: '01',
      rejectCause: 11,
      isDataOnly: false,
      ...options.coverage,
    },
    operator: options.operator ?? { longName: 'Waymark Test', shortName: 'WMTest', numeric: '00101' },
    signal: { rssiDbm: -67, rsrpDbm: -95, rsrqDb: -10, sinrDb: 13, ...options.signal },
    selection: 0,
    registration: 0,
    isAttached: false,
    activeContexts: new Set(),
    stackContexts: new Set(),
    profileContext: 1,
    cardContext: undefined,
    addressOf: (id) => `10.64.${(options.seed ?? 1) % 200}.${20 + id}`,
    ipv6Address: options.ipv6Address,
    bearerLogin: options.bearerLogin,
    zoneQuarters: options.zoneQuarters ?? 4,
    hasNetworkTime: false,
    temperatureC: options.temperatureC ?? 31,
    position: options.position === null ? undefined : (options.position ?? HOME),
    isGnssOn: false,
    cellLocate: { ...USUAL_CELL_LOCATE, ...options.cellLocate },
    locating: undefined,
    locateTries: 0,
    deviceWise: freshDeviceWise(knobsOf(options.deviceWise)),
    urcPort: options.urcPort ?? 'both',
    quirks: { ...USUAL_FORMS, ...options.quirks },
    booted: {},
    nvm,
  };
}
