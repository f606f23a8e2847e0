// Everything the simulated module knows, as plain data: commands read and change it, nothing here acts.
import type { NvmStore } from './nvm.js';

export type SimCardState = 'absent' | 'busy' | 'ready' | 'pin' | 'puk' | 'dead';

export interface SimCard {
  state: SimCardState;
  iccid: string;
  imsi: string;
  pin: string;
  puk: string;
  /** Does the card ask for its PIN after each reset? */
  isPinEnabled: boolean;
  pinTries: number;
  pukTries: number;
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
}

/** Lost at each reset, then taken from the stored profile. */
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
  session: SessionSettings;
  coverage: Coverage;
  operator: Operator;
  signal: Signal;
  /** +COPS mode: 0 automatic, 1 manual, 2 deregistered. */
  selection: number;
  /** What +CEREG would say: 0 idle, 1 home, 2 searching, 3 denied, 5 roaming. */
  registration: number;
  isAttached: boolean;
  activeContexts: Set<number>;
  /** IPv4 address of context n. */
  addressOf: (contextId: number) => string;
  /** Local time minus UTC, quarters of an hour (NITZ). */
  zoneQuarters: number;
  /** Has the network told the time since power-on? */
  hasNetworkTime: boolean;
  nvm: NvmStore;
}

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
