// Golden transcripts: a dialogue with one module of a family, as text. `> ` is what we send, `< ` what the module
// answers, `= name json` what the bring-up must know at its end, `#` a remark. Lines of the module before the first
// command come by themselves when the port opens.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Link, type LinkOpener, memoryLinkPair } from '../../src/link/index.js';

interface Entry {
  readonly command: string;
  readonly lines: readonly string[];
}

export interface Transcript {
  readonly name: string;
  readonly opening: readonly string[];
  readonly entries: readonly Entry[];
  /** What must be known, by name. */
  readonly wanted: Readonly<Record<string, unknown>>;
}

const FOLDER = import.meta.dirname;

/** Names of the transcripts there are. */
export const transcriptNames = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .sort();

export function readTranscript(name: string): Transcript {
  const opening: string[] = [];
  const entries: { command: string; lines: string[] }[] = [];
  const wanted: Record<string, unknown> = {};
  for (const [index, line] of readFileSync(join(FOLDER, `${name}.txt`), 'utf8')
    .split('\n')
    .entries()) {
    if (line === '' || line.startsWith('#')) continue;
    const text = line.slice(2);
    if (line.startsWith('> ')) entries.push({ command: text, lines: [] });
    else if (line.startsWith('< ')) (entries.at(-1)?.lines ?? opening).push(text);
    else if (line.startsWith('= ')) {
      const blank = text.indexOf(' ');
      wanted[text.slice(0, blank)] = JSON.parse(text.slice(blank + 1));
    } else throw new Error(`${name}.txt, line ${index + 1}: begins with none of > < = #`);
  }
  return { name, opening, entries, wanted };
}

export interface GoldenModule {
  readonly open: LinkOpener;
  /** Every command that came, in order. */
  readonly received: string[];
}

/** True for commands that change something: what is written behind them is only true once they have come. */
const sets = (command: string): boolean => command.includes('=') && !command.endsWith('=?');

/**
 * A module that knows its transcript and nothing else: other commands get ERROR. A command that stands there several
 * times has its later answers once the setting before them has come.
 */
export function goldenModule(transcript: Transcript, cut: (bytes: Buffer) => readonly Uint8Array[]): GoldenModule {
  const received: string[] = [];
  const settingBefore = transcript.entries.map((_, at) =>
    transcript.entries.slice(0, at).findLast(({ command }) => sets(command)),
  );
  const answerTo = (command: string): readonly string[] => {
    let answer: readonly string[] | undefined;
    for (const [at, entry] of transcript.entries.entries()) {
      if (entry.command !== command) continue;
      const setting = settingBefore[at]?.command;
      if (answer === undefined || setting === undefined || received.includes(setting)) answer = entry.lines;
    }
    return answer ?? ['ERROR'];
  };
  return {
    received,
    open: async () => {
      const [near, far] = memoryLinkPair();
      void serve(far);
      return near;
    },
  };

  async function serve(far: Link): Promise<void> {
    let echo = true;
    let line = '';
    const send = async (text: string): Promise<void> => {
      for (const part of cut(Buffer.from(text, 'latin1'))) await far.write(part).catch(() => undefined);
    };
    const say = (lines: readonly string[]): Promise<void> => send(lines.map((text) => `\r\n${text}\r\n`).join(''));
    await say(transcript.opening);
    for await (const chunk of far.bytes)
      for (const byte of chunk) {
        if (byte !== 0x0d) {
          line += String.fromCharCode(byte);
          continue;
        }
        const command = line;
        line = '';
        if (echo) await send(`${command}\r`);
        if (command === 'ATE0') echo = false;
        const answer = answerTo(command);
        received.push(command);
        await say(answer);
      }
  }
}
