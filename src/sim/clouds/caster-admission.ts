// Who gets a stream from the simulated caster, and what the others are told (specs/ublox.md 2.1, 7.3 rows 30 and 31).
// Pure: the first rule that strikes answers.
//
//   no mountpoint, unknown one → table      password → plan → fault in front → slot of the user → stream
//   (nobody's name at an open door: no password, plan or slot)
import { BAD_PASSWORD, faultAnswer, statusAnswer, tableAnswer } from './caster-answers.js';
import type { CasterRequest } from './caster-request.js';
import {
  type CasterFault,
  type CasterSettings,
  findMountPoint,
  isAnswerFault,
  type MountPoint,
} from './caster-settings.js';

export interface CasterAccount {
  password: string;
  /** Is the Thing on a plan? */
  isActive: boolean;
}

export interface AdmissionFacts {
  settings: CasterSettings;
  account: CasterAccount | undefined;
  /** `held`: the last connection has ended, but its slot is not given back yet. */
  slot: 'free' | 'taken' | 'held';
  /** Takes the next fault that waits for one connection; none, and the lasting one is in front. */
  nextFault: () => CasterFault | undefined;
  lastingFault: CasterFault | undefined;
  noise: () => Uint8Array;
}

export type Admission =
  | { is: 'table'; bytes: Uint8Array }
  /** Without bytes nothing is ever said. */
  | { is: 'refused'; why: string; bytes: Uint8Array | undefined }
  | {
      is: 'stream';
      mountPoint: MountPoint;
      withMga: boolean;
      /** The older connection of this user has to go. */
      replaces: boolean;
      /** Of this connection alone. */
      fault: CasterFault | undefined;
    };

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

export function admit(request: CasterRequest, facts: AdmissionFacts): Admission {
  const { ntrip, mountPoint } = request;
  const { settings, account, slot } = facts;
  const refuse = (why: string, text = statusAnswer(ntrip, 401, mountPoint)): Admission => ({
    is: 'refused',
    why,
    bytes: bytes(text),
  });
  const found = findMountPoint(mountPoint);
  if (!found) return { is: 'table', bytes: bytes(tableAnswer(ntrip, mountPoint === '')) };
  if (request.userName === undefined) {
    if (settings.door !== 'open') return refuse('no-credentials');
  } else if (!account || account.password !== request.password)
    return settings.badPassword === 'error' ? refuse('bad-password', BAD_PASSWORD) : refuse('bad-password');
  else if (!account.isActive) return refuse('no-plan');
  const ownFault = facts.nextFault();
  const fault = ownFault ?? facts.lastingFault;
  if (isAnswerFault(fault))
    return { is: 'refused', why: fault, bytes: faultAnswer(fault, ntrip, mountPoint, facts.noise()) };
  // A caster that has not noticed the end of the last connection answers as if the password were wrong.
  if (slot === 'held') return refuse('slot-held');
  if (slot === 'taken' && settings.second === 'refuse') return refuse('second-connection');
  return { is: 'stream', ...found, replaces: slot === 'taken', fault: ownFault };
}
