// Tables of replies as devices send them: each row is what the module says and what is read from it, whole and cut in
// two at every byte.
import { describe, expect, test } from 'vitest';
import { Tokenizer } from '../../../src/modem/tokenizer.js';

/** What the module says (one line or several), and what the reader makes of it. */
export type Row = readonly [says: string | readonly string[], is: unknown];

export interface ReplyTable {
  readonly name: string;
  readonly read: (lines: readonly string[]) => unknown;
  readonly rows: readonly Row[];
}

/** A reader of single lines, on the first line it knows. */
export const byLine =
  (parse: (line: string) => unknown) =>
  (lines: readonly string[]): unknown => {
    for (const line of lines) {
      const found = parse(line);
      if (found !== undefined) return found;
    }
    return undefined;
  };

/** The lines that a module's bytes make when they come in these chunks. */
function linesOf(chunks: readonly Uint8Array[]): string[] {
  const lines: string[] = [];
  const tokenizer = new Tokenizer({
    onLine: (line) => lines.push(line),
    onPrompt: () => undefined,
    onPayload: () => undefined,
    onOverlong: () => undefined,
  });
  for (const chunk of chunks) tokenizer.push(chunk);
  return lines;
}

export function testReplies(vendor: string, tables: readonly ReplyTable[], least: number): void {
  test(`${vendor}: at least ${least} replies are in the table`, () => {
    const says = tables.flatMap(({ name, rows }) => rows.map(([said]) => `${name}|${[said].flat().join('|')}`));
    expect(new Set(says).size).toBe(says.length);
    expect(says.length).toBeGreaterThanOrEqual(least);
  });

  describe.each(tables)(`${vendor}: $name`, ({ read, rows }) => {
    test.each(rows.map(([said, is]) => ({ said: [said].flat(), is })))('$said', ({ said, is }) => {
      expect(read(said)).toEqual(is);
      const bytes = Buffer.from(`${said.map((line) => `\r\n${line}\r\n`).join('')}\r\nOK\r\n`, 'latin1');
      for (let cut = 0; cut <= bytes.length; cut++) {
        const lines = linesOf([bytes.subarray(0, cut), bytes.subarray(cut)]);
        expect(lines.pop()).toBe('OK');
        expect(read(lines)).toEqual(is);
      }
    });
  });
}
