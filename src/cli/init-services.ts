// The services that a first configuration can be made for: what has to be asked, and which secrets are left to be put in
// place. Where a secret is found is said by the schema.
import type { Values } from './init-file.js';

export interface Question {
  /** Of the command line: `--losant-device`. */
  flag: string;
  /** Of the configuration. */
  key: string;
  /** Without one it has to be answered. */
  usual?: string;
}

export interface ServiceOffer {
  words: string;
  /** Sections that are there without any answer. */
  sections: readonly string[];
  values?: Readonly<Record<string, string>>;
  questions: readonly Question[];
  /** Key → file below the folder of secrets. */
  secrets: Readonly<Record<string, string>>;
  needs?: 'modem' | 'gnss';
}

export const OFFERS = {
  pointperfect: {
    words: 'PointPerfect corrections by zero touch provisioning (Thingstream)',
    sections: ['ztp', 'corrections'],
    questions: [],
    secrets: { 'ztp.token': 'ztp-token' },
    needs: 'gnss',
  },
  ntrip: {
    words: 'corrections from any NTRIP caster',
    sections: ['corrections'],
    questions: [
      { flag: '--caster', key: 'corrections.ntrip.host' },
      { flag: '--mount-point', key: 'corrections.ntrip.mountPoint' },
      { flag: '--caster-user', key: 'corrections.ntrip.userName' },
    ],
    secrets: { 'corrections.ntrip.password': 'caster-password' },
    needs: 'gnss',
  },
  assistnow: {
    words: 'AssistNow: a fast first fix',
    sections: ['assistNow'],
    questions: [],
    secrets: { 'assistNow.token': 'assistnow-token' },
    needs: 'gnss',
  },
  celllocate: {
    words: 'a coarse position by the cells around (u-blox modules)',
    sections: ['modem'],
    questions: [],
    secrets: { 'modem.cellLocate.token': 'celllocate-token' },
    needs: 'modem',
  },
  thingspace: {
    words: 'Verizon ThingSpace, through an endpoint of your own',
    sections: ['thingspace'],
    values: { 'thingspace.mode': 'proxy' },
    questions: [{ flag: '--locate-endpoint', key: 'thingspace.locateEndpoint' }],
    secrets: { 'thingspace.identity.bearer': 'enrolment-token' },
  },
  losant: {
    words: 'Losant: state and positions up, commands down',
    sections: ['losant'],
    questions: [{ flag: '--losant-device', key: 'losant.deviceId' }],
    secrets: { 'losant.accessKey': 'losant-key', 'losant.accessSecret': 'losant-secret' },
  },
  devicewise: {
    words: 'Telit deviceWISE',
    sections: ['deviceWise'],
    questions: [{ flag: '--devicewise-server', key: 'deviceWise.server', usual: 'api-de.devicewise.com:8883' }],
    secrets: { 'deviceWise.appToken': 'app-token' },
  },
} as const satisfies Record<string, ServiceOffer>;
export type ServiceName = keyof typeof OFFERS;
export const SERVICE_NAMES = Object.keys(OFFERS) as ServiceName[];

/** Puts a value at `a.b.c`. */
export function put(values: Values, key: string, value: string | number | boolean): void {
  const names = key.split('.');
  const last = names.pop() ?? '';
  let at = values;
  for (const name of names) {
    const inner = at[name];
    at = typeof inner === 'object' ? inner : (at[name] = {});
  }
  at[last] = value;
}

export function addSection(values: Values, name: string): void {
  values[name] ??= {};
}
