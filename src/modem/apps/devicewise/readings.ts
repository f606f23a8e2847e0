// What the module's own client says of itself (specs/devicewise.md 1.3, 1.4, 1.6), tolerant: blanks, quotes and further
// fields do no harm, anything else is no reading at all.
import { intOf, textsOf } from '../../codec/fields.js';

/** `stopped` 0, `connecting` 1, `connected` 2, `waiting` 3 (for its next attempt). */
export type LinkState = 'stopped' | 'connecting' | 'connected' | 'waiting';

const LINK_STATES: readonly LinkState[] = ['stopped', 'connecting', 'connected', 'waiting'];

export interface ConnectReading {
  /** Told to connect and not told to stop, whether or not the link is up. */
  isStarted: boolean;
  link: LinkState;
}

/** `#DWCONN: <connect>,<status>`. */
export function parseDwconn(line: string): ConnectReading | undefined {
  const [connect, status] = textsOf(line, '#DWCONN', 4) ?? [];
  const started = intOf(connect);
  const link = LINK_STATES[intOf(status) ?? -1];
  if ((started !== 0 && started !== 1) || link === undefined) return undefined;
  return { isStarted: started === 1, link };
}

export interface StatusReading {
  link: LinkState;
  /** 0 while connected and before any attempt. */
  lastErrorCode: number;
  /** Of a request to the server and back; absent when there was none or it had no answer. */
  latencyMs?: number;
  /** On the socket, since the module started. */
  bytesIn?: number;
  bytesOut?: number;
}

const count = (text: string | undefined): number | undefined => {
  const value = intOf(text);
  return value === undefined || value < 0 ? undefined : value;
};

/** `#DWSTATUS: <connected>,<lastErrorCode>,<latency>,<pktsIn>,<pktsOut>,<bytesIn>,<bytesOut>`; the first two must be there. */
export function parseDwstatus(line: string): StatusReading | undefined {
  const [status, code, latency, , , inText, outText] = textsOf(line, '#DWSTATUS', 12) ?? [];
  const link = LINK_STATES[intOf(status) ?? -1];
  const lastErrorCode = intOf(code);
  if (link === undefined || lastErrorCode === undefined) return undefined;
  const latencyMs = count(latency);
  const bytesIn = count(inText);
  const bytesOut = count(outText);
  return {
    link,
    lastErrorCode,
    ...(latencyMs === undefined ? {} : { latencyMs }),
    ...(bytesIn === undefined || bytesOut === undefined ? {} : { bytesIn, bytesOut }),
  };
}

/** `#DWEN: 0,<0|1>,…`: whether the cloud may run AT commands. Undefined for another feature's line. */
export function parseDwen(line: string): boolean | undefined {
  const [feature, on] = textsOf(line, '#DWEN', 12) ?? [];
  return intOf(feature) === 0 && (on === '0' || on === '1') ? on === '1' : undefined;
}

/** `#SSLEN: 1,<0|1>`. */
export function parseSslEnabled(line: string): boolean | undefined {
  const [id, on] = textsOf(line, '#SSLEN', 4) ?? [];
  return intOf(id) === 1 && (on === '0' || on === '1') ? on === '1' : undefined;
}

/** The answer of `#SSLSECCFG?`: 1 when the server's certificate is checked. */
export function parseSslAuthority(line: string): { authMode: number; format: number | undefined } | undefined {
  const [id, , mode, format] = textsOf(line, '#SSLSECCFG', 6) ?? [];
  const authMode = intOf(mode);
  return intOf(id) === 1 && authMode !== undefined ? { authMode, format: intOf(format) } : undefined;
}
