// What differs between module families, as data and small pure functions. Everything else follows 27.007; a family says
// only where it departs from it (docs/understand/adding-a-module.md).
import type { Secret } from '../core/index.js';
import type { GnssReading } from './apps/module-gnss/parse.js';
import type { AtCommand } from './command.js';

export const VENDORS = ['generic', 'telit', 'ublox', 'quectel', 'simcom'] as const;
export type Vendor = (typeof VENDORS)[number];

/** What a USB interface of a module is for. Only `at` and `at2` are ever written to. */
export type PortRole = 'at' | 'at2' | 'data' | 'nmea' | 'gnss' | 'diag' | 'audio' | 'log' | 'ignore';

/** One USB identity a family shows up with (specs/modem.md 2.1). Ids are four lower-case hex digits. */
export interface UsbLayout {
  readonly vendorId: string;
  readonly productId: string;
  /** What people call it, as far as the id tells: `LE910C1/C4`, `EC25/EG25-G`. */
  readonly module: string;
  /** How the host gets its network in this mode. */
  readonly composition?: 'qmi' | 'mbim' | 'ecm' | 'rndis' | 'ppp';
  /** Interface number → role; an interface that is not named has none. */
  readonly roles: Readonly<Record<number, PortRole>>;
  /** Seconds from the appearance of the ports to readiness. */
  readonly readySeconds?: number;
  /** A flash or download mode: nothing may be sent to it, and a person has to be told. */
  readonly isDownloadMode?: true;
}

/** A command and the reader of its information lines; undefined for a line of another kind. */
export interface Reading<T> {
  readonly command: string;
  readonly parse: (line: string) => T | undefined;
}

/** Tries that are left before the card blocks itself. */
export interface RetryCounters {
  readonly pin?: number;
  readonly puk?: number;
}

/** What a module tells about the serving cell; only what it knows. dBm and dB. */
export interface CellReport {
  readonly rssiDbm?: number;
  readonly rsrpDbm?: number;
  readonly rsrqDb?: number;
  readonly sinrDb?: number;
  readonly band?: string;
  /** Hexadecimal, upper case. */
  readonly areaCode?: string;
  readonly cellId?: string;
  /** Mobile country and network code, digits. */
  readonly plmn?: string;
}

export interface ContextActivation {
  readonly contextId: number;
  readonly active: boolean;
  readonly address?: string;
}

export interface ContextLogin {
  readonly contextId: number;
  readonly apn: string;
  readonly ipType: 'IP' | 'IPV6' | 'IPV4V6';
  readonly method: 'pap' | 'chap';
  readonly user: string;
  readonly password: Secret;
}

/** The module as a USB network card, where the family has it. */
export interface EcmMode {
  /** True when the module is in that USB composition already. */
  readonly composition: Reading<boolean>;
  /** Commands that put it there, kept in the module; it must be restarted afterwards. */
  readonly compose: readonly string[];
  /** True when the network card is connected to the context. */
  readonly state?: Reading<boolean>;
  /** Connects it; needed after each registration. Absent: the module does so by itself. */
  readonly start?: (contextId: number) => string;
}

/** The module's own receiver. Only for families whose radio goes on working beside it. */
export interface GnssCommands {
  readonly isOn: Reading<boolean>;
  readonly start: string;
  readonly stop: string;
  readonly position: Reading<GnssReading>;
  /** CME numbers of `position` that mean "no fix yet", and of `start` that mean "is on". */
  readonly noFixErrors: readonly number[];
  readonly isOnErrors: readonly number[];
}

export interface Profile {
  /** `telit-le910`, as status shows it. */
  readonly name: string;
  readonly vendor: Vendor;
  /** Selects it by what `+CGMI` and `+CGMM` answered; the first match in the list of profiles wins. */
  readonly selects?: { readonly manufacturer: RegExp; readonly model?: RegExp };
  readonly usb: readonly UsbLayout[];
  /** Unsolicited prefixes beyond the standard set. */
  readonly urcPrefixes: readonly string[];
  /** Lines that show a restart when they come while the module was ready. */
  readonly lateBootTexts: readonly string[];
  /** Sent once after identification; each may be refused. */
  readonly setup: readonly string[];
  /** Tried in order until one answers. */
  readonly iccidCommands: readonly string[];
  /** Asked in order until one tells the tries left for the PIN. The standard ones come after these by themselves. */
  readonly retryCounters: readonly Reading<RetryCounters>[];
  /** Asked in order until one answers; their figures win over +CSQ and +CESQ. */
  readonly cell: readonly Reading<CellReport>[];
  /** The network's time; the first that answers with a set clock wins. `local` ones need a zone in the line. */
  readonly clock: readonly string[];
  /** How the state of contexts is read, in order. */
  readonly activation: readonly Reading<ContextActivation>[];
  /** Brings the named context up and down, command by command. */
  readonly activate: (contextId: number) => readonly string[];
  readonly deactivate: (contextId: number) => readonly string[];
  /** Errors of `activate` that mean "is up already" (CME numbers). */
  readonly alreadyActive: readonly number[];
  /** Ways to give user and password, tried in order until one is accepted. Values pass the encoders of command.ts. */
  readonly login: (login: ContextLogin) => readonly AtCommand[];
  readonly ecm?: EcmMode;
  /** Degrees Celsius. */
  readonly temperature?: Reading<number>;
  readonly gnss?: GnssCommands;
  /** Restarts the module. */
  readonly restart: string;
}
