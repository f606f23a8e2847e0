// How a command line falls apart into commands and arguments (specs/modem.md 1.1).

export type Form = 'exec' | 'read' | 'test' | 'set';

export type ParsedCommand =
  | { is: 'extended'; name: string; form: Form; text: string }
  | { is: 'basic'; name: string; n: number | undefined }
  | { is: 'dial'; text: string }
  | { is: 'register'; n: number; value: number | undefined }
  | { is: 'bad' };

const BASIC = /^(&?[A-Z])(\d{0,5})/;
const REGISTER = /^S(\d{1,3})(\?|=(\d{0,5}))/;
const EXTENDED = /^([+#$%*^_\\][A-Z0-9]{1,20})(=\?|\?|=|)/;

/** The commands of a line, without its AT prefix. After `bad` nothing follows: the line ends with ERROR there. */
export function parseLine(body: string): ParsedCommand[] {
  const commands: ParsedCommand[] = [];
  let rest = body.trim();
  while (rest !== '') {
    const upper = rest.toUpperCase();
    const extended = EXTENDED.exec(upper);
    const register = REGISTER.exec(upper);
    const basic = BASIC.exec(upper);
    if (extended?.[1] !== undefined) {
      const end = semicolon(rest, extended[0].length);
      const text = rest.slice(extended[0].length, end);
      const form = formOf(extended[2] ?? '');
      // Only the set form has something behind it.
      commands.push(
        form !== 'set' && text.trim() !== '' ? { is: 'bad' } : { is: 'extended', name: extended[1], form, text },
      );
      rest = rest.slice(end + 1);
    } else if (register) {
      commands.push({
        is: 'register',
        n: Number(register[1]),
        value: register[2] === '?' ? undefined : Number(register[3]),
      });
      rest = rest.slice(register[0].length);
    } else if (upper.startsWith('D')) {
      // A dial string is the rest of the line.
      commands.push({ is: 'dial', text: rest.slice(1).trim() });
      rest = '';
    } else if (basic?.[1] !== undefined) {
      commands.push({ is: 'basic', name: basic[1], n: basic[2] === '' ? undefined : Number(basic[2]) });
      rest = rest.slice(basic[0].length);
    } else {
      commands.push({ is: 'bad' });
      break;
    }
    rest = rest.replace(/^[; ]{1,8}/, '');
  }
  return commands;
}

function formOf(mark: string): Form {
  if (mark === '=?') return 'test';
  if (mark === '?') return 'read';
  return mark === '=' ? 'set' : 'exec';
}

/** Index of the next `;` outside quotes, or the end. */
function semicolon(text: string, from: number): number {
  let isQuoted = false;
  for (let i = from; i < text.length; i++) {
    if (text[i] === '"') isQuoted = !isQuoted;
    else if (text[i] === ';' && !isQuoted) return i;
  }
  return text.length;
}

/** Splits at commas outside quotes; quotes and blanks around are taken off. No text: no arguments. */
export function splitArguments(text: string): string[] {
  if (text.trim() === '') return [];
  const args: string[] = [];
  let current = '';
  let isQuoted = false;
  for (const char of text) {
    if (char === '"') isQuoted = !isQuoted;
    else if (char === ',' && !isQuoted) {
      args.push(current);
      current = '';
      continue;
    } else current += char;
  }
  args.push(current);
  return args.map((arg) => arg.trim());
}

/** A whole number in a range, or undefined. */
export function numberIn(text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined || !/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}
