// What the module's own deviceWISE client is: the settings of its quirks, and everything it knows, as plain data
// (specs/devicewise.md 1, 5.1). What acts is in families/device-wise/.
import type { Duplex } from 'node:stream';

/** What the simulated client does, wherever firmware is known or thought to differ (specs/devicewise.md 5.1, 5.4). */
export interface DeviceWiseKnobs {
  /** False: a module of the ME910 kind, every command of the client is unknown. */
  hasClient: boolean;
  /** Connecting without context 1 is refused; without the guard the client starts and tries in vain. */
  pdpGuard: boolean;
  /** OK comes at once, connecting goes on behind it. */
  connOkIsAsync: boolean;
  /** From the command to the connection, to a refusal, and to the end of stopping, ms. */
  connectMs: number;
  authFailMs: number;
  stopMs: number;
  /** A refusal by the server is reported with this code (default: by what the server said). */
  authFailCode: -18207 | -18208 | -18205 | undefined;
  /** Does the first retry come at once in mode 0, too (which then never tries again)? */
  retriesInModeZero: boolean;
  /** TLS needs the module's sockets to be switched to it first. */
  needsSslen: boolean;
  /** A server without a port is looked for at the port of the session before. */
  keepsStalePort: boolean;
  /** Once on, TLS stays on until a restart. */
  keepsStaleTls: boolean;
  /** How many parameters the security settings take: 3 on the GE910. */
  sslSecCfgParams: 3 | 4;
  /** Certificates end with their last byte, or only with Ctrl-Z behind it. */
  secDataEnd: 'count' | 'ctrl-z';
  /** Every reply carries message id 1, whatever was printed. */
  constantMsgId: boolean;
  /** First message id after a restart. */
  firstSeq: number;
  /** Methods without parameters are lost without an answer. */
  dropParamless: boolean;
  /** What a fetch of nothing says: ERROR; OK and the text behind the prefix; OK and the bare text. */
  unknownIdAnswer: 'error' | 'text' | 'bare';
  /** `Failed: <code>` stands before the error of a send. */
  failedLine: boolean;
  /** Acknowledgements print `Failed: 0` and yet succeed. */
  ackPrintsFailed0: boolean;
  /** Error numbers under +CMEE, or always a bare ERROR. */
  errorForm: 'cme' | 'bare';
  /** Omitted parameters take their defaults, or stay as they were. */
  dwcfgOmitted: 'default' | 'keep';
  dwcfgReadForm: 'plain' | 'quotes' | 'blanks';
  /** What is typed at a counted prompt comes back, whatever ATE says. */
  echoesPayload: boolean;
  replyTimeoutMs: number;
  /** A reply behind its time is dropped, or rings once more. */
  lateReply: 'drop' | 'deliver';
}

export const USUAL_DEVICE_WISE: Readonly<DeviceWiseKnobs> = {
  hasClient: true,
  pdpGuard: true,
  connOkIsAsync: false,
  connectMs: 800,
  authFailMs: 1500,
  stopMs: 400,
  authFailCode: undefined,
  retriesInModeZero: true,
  needsSslen: true,
  keepsStalePort: true,
  keepsStaleTls: true,
  sslSecCfgParams: 4,
  secDataEnd: 'count',
  constantMsgId: false,
  firstSeq: 1,
  dropParamless: true,
  unknownIdAnswer: 'error',
  failedLine: false,
  ackPrintsFailed0: false,
  errorForm: 'cme',
  dwcfgOmitted: 'default',
  dwcfgReadForm: 'plain',
  echoesPayload: false,
  replyTimeoutMs: 30_000,
  lateReply: 'drop',
};

export interface DialTarget {
  host: string;
  port: number;
  isTls: boolean;
  /** What the module was told to check the server against; none: it takes any certificate. */
  caPem?: string;
}

/**
 * A road to the server the module was told. Rejected: the code of a Node error tells what is said of it (a host that is not
 * found, a refused certificate, anything else).
 */
export type Dial = (target: DialTarget) => Promise<Duplex>;

export interface DeviceWiseOptions extends Partial<DeviceWiseKnobs> {
  /** Without it every attempt to connect fails. */
  dial?: Dial;
}

/** The usual client, but for what is set. */
export function knobsOf(options: DeviceWiseOptions = {}): DeviceWiseKnobs {
  const { dial: _, ...knobs } = options;
  return { ...USUAL_DEVICE_WISE, ...knobs };
}

/** 1: reply to a send, 2: reply to a raw send, 3: a method called by the cloud. */
export type MessageType = 1 | 2 | 3;

/** One slot of the inbox. */
export interface InboxMessage {
  type: MessageType;
  id: number;
  isFailed: boolean;
  data: Buffer;
}

export interface DeviceWiseCounters {
  packetsIn: number;
  packetsOut: number;
  bytesIn: number;
  bytesOut: number;
  /** Attempts to connect that got as far as their CONNECT. */
  connects: number;
  /** Times an established connection ended other than by command. */
  losses: number;
}

/** 0 disconnected, 1 connecting, 2 connected, 3 waiting to connect. */
export type DeviceWiseStatus = 0 | 1 | 2 | 3;

/** All of it but the settings in NVM is gone with the power. */
export interface DeviceWiseState {
  knobs: DeviceWiseKnobs;
  status: DeviceWiseStatus;
  /** 0 or negative, as the module counts. */
  lastError: number;
  nextId: number;
  inbox: InboxMessage[];
  counters: DeviceWiseCounters;
  /** Has it told the cloud about itself since power-on? */
  hasRegistered: boolean;
  /** What the session before leaves behind. */
  stalePort: number | undefined;
  isTlsStuck: boolean;
}

export const freshDeviceWise = (knobs: DeviceWiseKnobs): DeviceWiseState => ({
  knobs,
  status: 0,
  lastError: 0,
  nextId: knobs.firstSeq,
  inbox: [],
  counters: { packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0, connects: 0, losses: 0 },
  hasRegistered: false,
  stalePort: undefined,
  isTlsStuck: false,
});
