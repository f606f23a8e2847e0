// Questions to the person at the terminal: yes or no, and a passphrase that is not shown. A passphrase never comes from the
// arguments, where every process of the machine could read it.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { clearLine, moveCursor } from 'node:readline';
import { Secret, WaymarkError } from '../../core/index.js';
import { stderr } from '../output.js';

const MIN_PASSPHRASE = 12;
const MAX_PASSPHRASE_BYTES = 4096;

/** Typed past the end of an answer: the next one's beginning, for people type ahead and paste. */
let ahead = '';

const withoutLast = (text: string): string => Array.from(text).slice(0, -1).join('');

function takeBack(): void {
  moveCursor(process.stderr, -1, 0);
  clearLine(process.stderr, 1);
}

/**
 * One line from the terminal, which shows nothing by itself while anything is asked: what is typed ahead of a hidden
 * answer would stand there otherwise. Undefined where the person gave up.
 */
function readLine(prompt: string, isShown: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    const input = process.stdin;
    let text = '';
    const end = (answer: string | undefined): void => {
      input.off('data', onData).setRawMode(false).pause();
      stderr.write('\n');
      resolve(answer);
    };
    const onData = (chunk: string): void => {
      const characters = Array.from(chunk);
      for (const [at, c] of characters.entries()) {
        if (c === '\r' || c === '\n') {
          ahead = characters
            .slice(at + 1)
            .join('')
            .replace(c === '\r' ? /^\n/ : '', '');
          end(text);
          return;
        }
        if (c === '\u0003' || (c === '\u0004' && text === '')) {
          end(undefined);
          return;
        }
        const isErased = c === '\u007f' || c === '\b';
        if (isShown && isErased && text !== '') takeBack();
        else if (isShown && c >= ' ' && !isErased) stderr.write(c);
        text = isErased ? withoutLast(text) : `${text}${c}`;
      }
    };
    // Silent before it asks: an answer may come at once.
    input.setEncoding('utf8').setRawMode(true).resume().on('data', onData);
    stderr.write(prompt);
    const before = ahead;
    ahead = '';
    if (before !== '') onData(before);
  });
}

/** True for yes. Without a terminal nobody can answer. Errors: `cli.usage`. */
export async function confirm(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new WaymarkError('cli.usage', 'nobody is there to be asked', {
      hint: 'Say --yes to go on without a question.',
    });
  return /^\s*y(?:es)?\s*$/i.test((await readLine(`${question} [y/N] `, true)) ?? '');
}

async function readHidden(prompt: string): Promise<string> {
  const text = await readLine(prompt, false);
  if (text === undefined) throw new WaymarkError('cli.usage', 'no passphrase was given');
  return text;
}

async function fromStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(Buffer.from(chunk as Uint8Array));
    if (chunks.reduce((sum, each) => sum + each.length, 0) > MAX_PASSPHRASE_BYTES)
      throw new WaymarkError('cli.usage', 'standard input is too long for a passphrase');
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function fromFile(path: string): Promise<string> {
  const refuse = (why: string, hint: string): WaymarkError =>
    new WaymarkError('cli.usage', `${path}: ${why}`, { hint });
  try {
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile() || facts.size > MAX_PASSPHRASE_BYTES)
      throw refuse('is no file with a passphrase', 'Name a file that holds the passphrase alone.');
    if ((facts.mode & 0o077) !== 0) throw refuse('others may read it', `Close it to others: chmod 600 '${path}'`);
    return await handle.readFile('utf8');
  } catch (error) {
    if (error instanceof WaymarkError) throw error;
    throw refuse('cannot be read', 'Name a readable file, or - for standard input.');
  }
}

/**
 * The passphrase: from a private file, from standard input (`-`), or asked at the terminal (twice where `isNew`).
 * Errors: `cli.usage`.
 */
export async function readPassphrase(from: string | undefined, isNew: boolean): Promise<Secret> {
  let text: string;
  if (from !== undefined) text = (await (from === '-' ? fromStdin() : fromFile(from))).replace(/\r?\n$/, '');
  else {
    if (!process.stdin.isTTY)
      throw new WaymarkError('cli.usage', 'nobody is there to be asked for the passphrase', {
        hint: 'Name a private file with --passphrase-file FILE, or - for standard input.',
      });
    text = await readHidden('Passphrase: ');
    if (isNew && text !== (await readHidden('The same again: ')))
      throw new WaymarkError('cli.usage', 'the two were not the same', { hint: 'Nothing was written: run it again.' });
  }
  if (isNew && text.length < MIN_PASSPHRASE)
    throw new WaymarkError('cli.usage', `the passphrase has fewer than ${MIN_PASSPHRASE} characters`, {
      hint: 'The backup holds private keys: take several words, and keep them apart from the file.',
    });
  return new Secret('password', text);
}
