// The module's own temperature, degrees Celsius (specs/modem.md 2.7).
import { decimalOf, textsOf } from './fields.js';

/** Outside of this it is no temperature of a module that still answers; 255 stands for a sensor that is not there. */
const plausible = (value: number | undefined): number | undefined =>
  value !== undefined && value >= -60 && value <= 130 ? value : undefined;

/** Telit `#TEMPMEAS: <level>,<celsius>`, level -2 (far too cold) to 2. */
export function parseTempmeas(line: string): number | undefined {
  return plausible(decimalOf(textsOf(line, '#TEMPMEAS', 4)?.[1]));
}

/** u-blox `+UTEMP: <value>` or `+UTEMP: <unit>,<value>`; older families count tenths of a degree. */
export function parseUtemp(line: string, unit: 'degrees' | 'tenths'): number | undefined {
  const texts = textsOf(line, '+UTEMP', 4);
  const value = decimalOf(texts?.at(-1));
  if (value === undefined || (texts?.length === 2 && texts[0] === '1')) return undefined;
  return plausible(unit === 'tenths' ? value / 10 : value);
}

/** Quectel `+QTEMP: 31,31,30` or `+QTEMP: "sensor","28"`: the hottest sensor of the line. */
export function parseQtemp(line: string): number | undefined {
  const values = (textsOf(line, '+QTEMP', 16) ?? []).map((text) => plausible(decimalOf(text)));
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** SIMCom `+CPMUTEMP: 47`. */
export function parseCpmutemp(line: string): number | undefined {
  return plausible(decimalOf(textsOf(line, '+CPMUTEMP', 2)?.[0]));
}
