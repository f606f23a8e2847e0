// What the module knows of TLS: kept in NVM, asked when the client connects (specs/devicewise.md 1.1).
import type { ModuleState } from '../../state.js';

/** Kinds of data: 0 its own certificate, 1 who signs the server's, 2 its key. */
export const AUTHORITY = 1;
/** Format 1; 0 is DER. */
export const PEM = 1;

export const dataName = (kind: number): string => `#SSLSECDATA ${kind}`;
export const settingsOf = ({ nvm }: ModuleState): Record<string, string> => nvm.data.settings;

export const isSecureSocketOn = (state: ModuleState): boolean => settingsOf(state)['#SSLEN'] === '1,1';

/** Socket, cipher suite, what is checked (0 nothing, 1 the server, 2 both sides), format of what it keeps. */
export function security(state: ModuleState): { checks: number; format: number; text: string } {
  const text = settingsOf(state)['#SSLSECCFG'] ?? '1,0,0,1';
  const [, , checks, format] = text.split(',');
  return { checks: Number(checks), format: Number(format ?? PEM), text };
}

/** What the server is checked against; `isMissing`: it is to be checked, and nothing is there. */
export function authorityOf(state: ModuleState): { pem: string | undefined; isMissing: boolean } {
  if (security(state).checks === 0) return { pem: undefined, isMissing: false };
  const pem = settingsOf(state)[dataName(AUTHORITY)];
  return { pem, isMissing: pem === undefined };
}
