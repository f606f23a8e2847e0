// Everything the simulated module knows, as plain data: commands read and change it, nothing here acts.
import type { CellLocateKnobs } from './cell-locate.js';
import type { DeviceWiseState } from './device-wise.js';
import type { NvmStore } from './nvm.js';

/** `wrong`: a card the module does not take. `locked`: it asks for another code than its PIN (`lock` says which). */
export type SimCardState = 'absent' | 'busy' | 'ready' | 'pin' | 'puk' | 'dead' | 'wrong' | 'locked';

export interface SimCard {
  state: SimCardState;
  iccid: string;
  imsi: string;
  /** What +CNUM says; empty: the card does not know its number. */
  number: string;
  pin: string;
  puk: string;
  /** Does the card ask for its PIN after each reset? */
  isPinEnabled: boolean;
  pinTries: number;
  pukTries: number;
  /** What +CPIN? says of a `locked` card. */
  lock: string;
}

/** What the network would grant a module that asks. */
export interface Coverage {
  state: 'none' | 'home' | 'roaming' | 'denied';
  /** 27.007 access technology: 7 LTE, 8 LTE-M, 9 NB-IoT, 2 UTRAN, 0 GSM. */
  technology: number;
  /** Four hex digits. */
  areaCode: string;
  /** Hex digits. */
  cellId: string;
  /** Two hex digits, for the forms that carry it. */
  routingCode: string;
  rejectCause: number;
  /** A data-only subscription: +CREG stays 0 for ever. */
  isDataOnly: boolean;
}

export interface Operator {
  longName: string;
  shortName: string;
  numeric: string;
}

export interface Signal {
  rssiDbm: number;
  rsrpDbm: number;
  rsrqDb: number;
  sinrDb: number;
}

/** Degrees and metres. */
export interface Position {
  latitudeDeg: number;
  longitudeDeg: number;
  altitudeM: number;
}

/** What the network wants to hear before it gives a bearer. */
export interface BearerLogin {
  user: string;
  password: string;
}

/** Forms that occur in the field; the defaults are what most modules print (specs/modem.md 2.3, 2.4, 2.6). */
export interface Quirks {
  /** Area and cell in quotes (default true). */
  quotesHex: boolean;
  hexCase: 'upper' | 'lower';
  /** `002,001` instead of `2,1` (default false). */
  padsNumbers: boolean;
  /** Routing area: `middle` between area and cell of +CEREG (27.007 v8.6), `end` behind +CREG and +CGREG (default none). */
  routingCode: 'none' | 'middle' | 'end';
  /** `+CREG: 1` or `+CREG:1`, in every line (default true). */
  blankAfterColon: boolean;
  /** Operator name in quotes (default true). */
  quotesOperator: boolean;
  /** Addresses of +CGPADDR in quotes (default true). */
  quotesAddress: boolean;
  /** The card number cannot be read while the card asks for a code (default false). */
  iccidNeedsPin: boolean;
  /** +CGAUTH and +UAUTHREQ take the password before the user, as SARA-R4 and LARA-R6 do (default false). */
  passwordFirst: boolean;
  /** What +CCLK shows before the network has told the time (default `80/01/06`, the GPS epoch). */
  unsetClock: `${number}/${number}/${number}`;
  /** +CCLK in UTC with the zone of local time behind it, as some firmware has it (default false). */
  clockInUtc: boolean;
}

export const USUAL_FORMS: Readonly<Quirks> = {
  quotesHex: true,
  hexCase: 'upper',
  padsNumbers: false,
  routingCode: 'none',
  blankAfterColon: true,
  quotesOperator: true,
  quotesAddress: true,
  iccidNeedsPin: false,
  passwordFirst: false,
  unsetClock: '80/01/06',
  clockInUtc: false,
};

/** Of one AT port. Lost at each reset, then taken from the stored profile. */
export interface SessionSettings {
  echo: boolean;
  verbose: boolean;
  quiet: boolean;
  /** +CMEE: 0 bare ERROR, 1 numbers, 2 text. */
  cmee: number;
  sRegisters: Map<number, number>;
  /** Commands that only remember a value, by name (`+CSCS` -> `"IRA"`). */
  remembered: Map<string, string>;
  copsFormat: number;
}

export interface Identity {
  manufacturer: string;
  model: string;
  revision: string;
  imei: string;
}

export interface ModuleState {
  power: 'off' | 'booting' | 'on';
  /** Monotonic ms of the last power-on: an unset clock counts from there. */
  poweredOnMonoMs: number;
  identity: Identity;
  card: SimCard;
  /** +CFUN: 1 full, 4 airplane, 0 minimum. */
  functionality: number;
  /** Of the primary AT port. */
  readonly session: SessionSettings;
  coverage: Coverage;
  operator: Operator;
  signal: Signal;
  /** +COPS mode: 0 automatic, 1 manual, 2 deregistered. */
  selection: number;
  /** What +CEREG would say: 0 idle, 1 home, 2 searching, 3 denied, 5 roaming. */
  registration: number;
  isAttached: boolean;
  activeContexts: Set<number>;
  /** Contexts the module's own stack uses (Quectel, u-blox). */
  stackContexts: Set<number>;
  /** u-blox: the context its internal profile 0 is mapped to. */
  profileContext: number;
  /** Context of the USB network card (Telit ECM), if connected. */
  cardContext: number | undefined;
  /** IPv4 address of context n. */
  addressOf: (contextId: number) => string;
  /** Second address of contexts with IPv6. */
  ipv6Address: string | undefined;
  bearerLogin: BearerLogin | undefined;
  /** Local time minus UTC, quarters of an hour (NITZ). */
  zoneQuarters: number;
  /** Has the network told the time since power-on? */
  hasNetworkTime: boolean;
  temperatureC: number;
  /** Where the module's own receiver is; none: no fix. */
  position: Position | undefined;
  isGnssOn: boolean;
  /** u-blox: how its CellLocate client behaves, the question under way, and how many were asked since it behaves so. */
  cellLocate: CellLocateKnobs;
  locating: { interrupt(): void } | undefined;
  locateTries: number;
  /** Telit: the module's own deviceWISE client. */
  readonly deviceWise: DeviceWiseState;
  urcPort: UrcPort;
  quirks: Quirks;
  /** Stored settings as they were at power-on: some take effect only then. */
  booted: Readonly<Record<string, string>>;
  nvm: NvmStore;
}

/** Which AT ports hear unsolicited lines. */
export type UrcPort = 'both' | 'primary' | 'secondary';

export function freshSession(nvm: NvmStore): SessionSettings {
  const { echo, verbose, quiet, sRegisters } = nvm.data.profile;
  return {
    echo,
    verbose,
    quiet,
    cmee: 0,
    sRegisters: new Map(Object.entries(sRegisters).map(([n, value]) => [Number(n), value])),
    remembered: new Map(),
    copsFormat: 0,
  };
}

/** A check digit after Luhn, for IMEI and ICCID. */
export function luhnDigit(digits: string): number {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]) * (i % 2 === 0 ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return (10 - (sum % 10)) % 10;
}

export const withLuhn = (digits: string): string => `${digits}${luhnDigit(digits)}`;
