// Settings beside the parameters, as the module reads them back (specs/devicewise.md 1.1, 1.3). Tolerant: blanks, quotes
// and further fields do no harm, anything else is no reading at all.
import { intOf, textsOf } from '../../codec/fields.js';

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
