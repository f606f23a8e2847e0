// Answers cut into their fields: commas outside quotes separate, quotes and blanks around a field go.

export interface Field {
  text: string;
  quoted: boolean;
}

/** The text after `prefix:`; undefined when the line is another one. The blank after the colon may be missing. */
export function bodyOf(line: string, prefix: string): string | undefined {
  if (!line.startsWith(prefix) || line.charCodeAt(prefix.length) !== 0x3a) return undefined;
  return line.slice(prefix.length + 1).trim();
}

/** At most `max` fields; an unclosed quote runs to the end. Linear, never throws. */
export function splitFields(body: string, max = 64): Field[] {
  const fields: Field[] = [];
  let start = 0;
  let inQuotes = false;
  for (let i = 0; i <= body.length; i++) {
    const c = body[i];
    if (c === '"') inQuotes = !inQuotes;
    if (c !== undefined && (c !== ',' || inQuotes)) continue;
    const raw = body.slice(start, i).trim();
    start = i + 1;
    const quoted = raw.startsWith('"');
    fields.push({
      text: quoted ? raw.slice(1, raw.endsWith('"') && raw.length > 1 ? -1 : undefined).trim() : raw,
      quoted,
    });
    if (fields.length === max) break;
  }
  return fields;
}

/** The texts of the fields after `prefix:`; undefined for another line. */
export function textsOf(line: string, prefix: string, max = 32): string[] | undefined {
  const body = bodyOf(line, prefix);
  return body === undefined ? undefined : splitFields(body, max).map((field) => field.text);
}

/** A whole number of at most ten digits, zero padded or not. */
export function intOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** A number with or without decimals. */
export function decimalOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,6}(?:\.\d{1,4})?$/.test(text) ? Number(text) : undefined;
}

/** Upper-case hexadecimal of at most nine digits; undefined when it stands for "unknown" (all F) or is no number. */
export function hexOf(text: string | undefined): string | undefined {
  const digits = text?.replace(/^0x/i, '');
  if (digits === undefined || !/^[0-9a-f]{1,9}$/i.test(digits) || /^f{4,9}$/i.test(digits)) return undefined;
  return digits.toUpperCase();
}

/** Network code of digits: three of country, two or three of network; `fff` and empty are unknown. */
export function plmnOf(mcc: string | undefined, mnc: string | undefined): string | undefined {
  if (mcc === undefined || mnc === undefined || !/^\d{3}$/.test(mcc) || !/^\d{1,3}$/.test(mnc)) return undefined;
  return mcc + mnc.padStart(2, '0');
}

/** The object without the members that are undefined. */
export function known<T extends object>(parts: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as T;
}

/**
 * What an answer of several lines says in all: each line may tell a part, the first to tell one counts. Undefined when
 * no line was of the kind.
 */
export function collect<T extends object>(
  lines: readonly string[],
  parse: (line: string) => T | undefined,
): T | undefined {
  let all: T | undefined;
  for (const line of lines) {
    const part = parse(line);
    if (part !== undefined) all = { ...part, ...all };
  }
  return all;
}
