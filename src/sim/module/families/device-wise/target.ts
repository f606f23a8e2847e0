// Where the client connects to, from what it was told and what the session before left behind (specs/devicewise.md 1.2).
import type { DialTarget } from '../../device-wise.js';
import type { ModuleState } from '../../state.js';
import { DW } from './codes.js';
import { authorityOf, isSecureSocketOn } from './tls-state.js';

const PLAIN_PORT = 1883;
const TLS_PORT = 8883;

/** Or the code the attempt fails with before it begins. Remembers the port and TLS for the next session. */
export function targetOf(state: ModuleState): DialTarget | number {
  const { serverUrl, security } = state.nvm.data.deviceWise;
  const own = state.deviceWise;
  const { keepsStalePort, keepsStaleTls, needsSslen } = own.knobs;
  const [host = '', portText] = serverUrl.split(':');
  const isTls = security === 1 || (keepsStaleTls && own.isTlsStuck);
  const stale = keepsStalePort ? own.stalePort : undefined;
  const written = portText === undefined ? (stale ?? PLAIN_PORT) : Number(portText);
  // Security 1 wins over what the server says of its port.
  const port = security === 1 ? TLS_PORT : written;
  own.stalePort = port;
  own.isTlsStuck = isTls;
  if (!isTls) return { host, port, isTls };
  if (needsSslen && !isSecureSocketOn(state)) return DW.tlsConnect;
  const authority = authorityOf(state);
  if (authority.isMissing) return DW.tlsConnect;
  return { host, port, isTls, ...(authority.pem === undefined ? {} : { caPem: authority.pem }) };
}
