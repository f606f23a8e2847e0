// Texts cut to what a road can carry: by their length in JSON, between two characters, and well-formed.

/** UTF-8 bytes as JSON, of what is JSON. */
export const jsonBytes = (value: string | object): number => Buffer.byteLength(JSON.stringify(value));

/** The text, or as much of its front as stays below `maxBytes` in JSON without its quotes; then it ends with `…`. */
export function cutText(text: string, maxBytes: number): string {
  const whole = wellFormed(text.slice(0, maxBytes + 1));
  if (text.length <= maxBytes && jsonBytes(whole) - 2 <= maxBytes) return whole;
  const room = maxBytes - Buffer.byteLength('…');
  let bytes = 0;
  let out = '';
  for (const character of whole) {
    bytes += jsonBytes(character) - 2;
    if (bytes > room) break;
    out += character;
  }
  return `${out}…`;
}

/** Half a surrogate pair is no text for anybody else. */
const wellFormed = (text: string): string =>
  text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (match) => (match.length === 2 ? match : '\ufffd'));
