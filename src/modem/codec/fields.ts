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

/** A whole number of at most ten digits, zero padded or not. */
export function intOf(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}
