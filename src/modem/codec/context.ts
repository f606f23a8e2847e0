// PDP contexts: what is defined, what is active, which address it has (specs/modem.md 2.6).
import { bodyOf, intOf, splitFields } from './fields.js';

export interface ContextDefinition {
  contextId: number;
  type: string;
  apn: string;
}

/** One line of `+CGDCONT?`. */
export function parseCgdcont(line: string): ContextDefinition | undefined {
  const body = bodyOf(line, '+CGDCONT');
  if (body === undefined) return undefined;
  const [id, type, apn] = splitFields(body, 16);
  const contextId = intOf(id?.text);
  if (contextId === undefined || type === undefined) return undefined;
  return { contextId, type: type.text.toUpperCase(), apn: apn?.text ?? '' };
}

/** One line of `+CGACT?` or `#SGACT?`. */
export function parseActivation(line: string): { contextId: number; active: boolean } | undefined {
  const body = bodyOf(line, '+CGACT') ?? bodyOf(line, '#SGACT');
  if (body === undefined) return undefined;
  const [id, state] = splitFields(body, 4);
  const contextId = intOf(id?.text);
  const value = intOf(state?.text);
  if (contextId === undefined || (value !== 0 && value !== 1)) return undefined;
  return { contextId, active: value === 1 };
}

/** The first usable address of `+CGPADDR`; no address when it is empty or all zero. */
export function parseCgpaddr(line: string): { contextId: number; address?: string } | undefined {
  const body = bodyOf(line, '+CGPADDR');
  if (body === undefined) return undefined;
  const [id, ...addresses] = splitFields(body, 6);
  const contextId = intOf(id?.text);
  if (contextId === undefined) return undefined;
  const address = addresses
    .map((field) => field.text)
    .find((text) => /^[0-9a-fA-F.:]{3,64}$/.test(text) && /[1-9a-f]/i.test(text));
  return { contextId, ...(address === undefined ? {} : { address }) };
}
