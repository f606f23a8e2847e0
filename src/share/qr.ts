// An address as a QR code in a terminal: two modules a character, black on white whatever the terminal's own colours are.
import { encode } from 'uqr';

const INK = '\u001b[38;5;16;48;5;231m';
const PLAIN = '\u001b[0m';
/** The quiet zone that readers need, in modules. */
const BORDER = 3;

/** True is dark. */
export const qrMatrix = (text: string): readonly (readonly boolean[])[] =>
  encode(text, { ecc: 'L', border: BORDER }).data;

export function qrLines(text: string): string[] {
  const rows = qrMatrix(text);
  const lines: string[] = [];
  for (let y = 0; y < rows.length; y += 2) {
    const upper = rows[y] ?? [];
    const lower = rows[y + 1] ?? [];
    const cells = upper.map((isUpper, x) => {
      const isLower = lower[x] === true;
      if (isUpper) return isLower ? '█' : '▀';
      return isLower ? '▄' : ' ';
    });
    lines.push(`${INK}${cells.join('')}${PLAIN}`);
  }
  return lines;
}
