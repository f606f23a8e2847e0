// How the MQTT library is set up, and what its errors mean.
import type { IClientOptions } from 'mqtt';
import { WaymarkError } from '../core/index.js';
import { mapTlsError } from '../net/index.js';
import type { SessionOptions } from './options.js';

/** MQTT 3.1.1, clean session, everything automatic off. */
export function clientOptions(options: SessionOptions): IClientOptions {
  return {
    protocolVersion: 4,
    clientId: options.clientId,
    clean: true,
    keepalive: options.keepaliveSeconds,
    reconnectPeriod: 0,
    writeCache: false,
    queueQoSZero: false,
    resubscribe: false,
    timerVariant: 'native',
    // Ours strikes first and says what was waited for.
    connectTimeout: options.connackTimeoutMs + 5000,
    // The default prints packets, passwords included, when DEBUG is set.
    log: () => undefined,
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(options.password === undefined ? {} : { password: options.password.reveal() }),
    ...(options.will === undefined ? {} : { will: options.will }),
  };
}

/** The client as errors and logs name it. */
export const shownOf = ({ clientId, shownAs }: SessionOptions): string => shownAs ?? clientId;

export const closeSentence = (wasUp: boolean): string =>
  wasUp ? 'the broker closed the connection' : 'the broker closed the connection without an answer to CONNECT';

/** Stream errors carry texts as code, CONNACK refusals numbers; the library's own complaints carry neither. */
export function mapClientError(error: Error, shownAs: string, isUp: boolean): WaymarkError {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return mapTlsError(error, shownAs);
  if (typeof code === 'number' && !isUp) return connackError(code);
  return new WaymarkError('mqtt.closed', error.message, { cause: error });
}

/** MQTT 3.1.1 return codes 1 to 5. */
function connackError(code: number): WaymarkError {
  const evidence = { connack: code };
  if (code === 3) return new WaymarkError('mqtt.unavailable', 'CONNACK 3: server unavailable', { evidence });
  const words: Record<number, string> = {
    1: 'protocol version',
    2: 'client identifier',
    4: 'user name or password',
    5: 'not authorised',
  };
  return new WaymarkError('mqtt.refused', `CONNACK ${code}: refused (${words[code] ?? 'unknown code'})`, { evidence });
}
