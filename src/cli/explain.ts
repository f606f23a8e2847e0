// `waymark explain`: an error code in words, without a network and without an agent.
import { EXIT } from '../core/index.js';
import { CODES, type ErrorEntry, errorEntry, isErrorCode, nearCodes } from './error-words.js';
import { printJson, stderr, stdout } from './output.js';

const WIDTH = Math.max(40, Math.min(80, process.stdout.columns || 80)) - 1;
const LABEL = 12;

/** A text behind its label; what does not fit goes on under its beginning. */
function labelled(label: string, text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && LABEL + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((part, index) => `${(index === 0 ? label : '').padEnd(LABEL)}${part}`);
}

/** One code for a person, no line wider than `width`. */
export function explained(entry: ErrorEntry, width = WIDTH): string {
  const { code, means, cure, retried, recovery, shown, exit } = entry;
  return `${[
    code,
    '',
    ...labelled('  means', means, width),
    ...labelled('  cure', cure, width),
    ...labelled('  retried', retried, width),
    ...(recovery === undefined ? [] : labelled('  recovery', `begins so: ${recovery}`, width)),
    ...labelled('  shown', shown, width),
    ...labelled('  exit code', `${exit}, when a verb ends with it`, width),
  ].join('\n')}\n`;
}

function listed(codes: readonly string[]): string {
  return `${codes.map((code) => `  ${code}`).join('\n')}\n`;
}

/** Exit 0 when the code exists, 64 when not; without a code all of them. */
export function explain(code: string | undefined, options: { json: boolean }): number {
  if (code === undefined) {
    if (options.json) printJson(CODES.map(errorEntry));
    else stdout.write(listed(CODES));
    return EXIT.ok;
  }
  const asked = code.replace(/^\[|\]$/g, '');
  if (isErrorCode(asked)) {
    const entry = errorEntry(asked);
    if (options.json) printJson(entry);
    else stdout.write(explained(entry));
    return EXIT.ok;
  }
  const near = nearCodes(asked);
  if (options.json) printJson({ error: { code: 'cli.usage', message: `no code is called ${asked}`, near } });
  const list = near.length > 0 ? ` Near it:\n${listed(near)}` : ' `waymark explain` lists all.\n';
  stderr.write(`waymark: no code is called ${asked}.${list}`);
  return EXIT.usage;
}
