// One command on its way through the channel.
import { WaymarkError } from '../core/index.js';
import type { AtResult, RunOptions } from './at.js';
import { type AtCommand, answerPrefix } from './command.js';
import { commandLimitMs } from './limits.js';
import type { InFlight } from './urc.js';

const MAX_ANSWER_LINES = 512;
const MAX_KNOWN = 128;

interface Nature {
  prefix: string;
  limitMs: number;
  wire: Uint8Array;
}

/** What has been found out about commands that are asked again and again. None that sets a value: it may be secret. */
const known = new Map<string, Nature>();

function natureOf(text: string): Nature {
  const found = known.get(text);
  if (found) return found;
  const nature = {
    prefix: answerPrefix(text),
    limitMs: commandLimitMs(text),
    wire: Buffer.from(`${text}\r`, 'latin1'),
  };
  if (!text.includes('=') && known.size < MAX_KNOWN) known.set(text, nature);
  return nature;
}

export interface Job extends InFlight {
  readonly command: AtCommand;
  /** What transcripts and errors show. */
  readonly shown: string;
  readonly bytes: Uint8Array | undefined;
  /** The command as it is written, with its CR. */
  readonly wire: Uint8Array;
  readonly limitMs: number;
  readonly probe: boolean;
  bytesSent: boolean;
  echoed: boolean;
  readonly lines: string[];
  counted: AtResult['payload'];
  /** First call wins. The slot stays open until the final result even if the caller has given up. */
  settle(result: AtResult | WaymarkError): void;
}

export function createJob(
  command: AtCommand,
  bytes: Uint8Array | undefined,
  options: RunOptions,
  settle: Job['settle'],
): Job {
  const nature = natureOf(command.text);
  return {
    command,
    text: command.text,
    shown: command.shown ?? command.text,
    prefix: nature.prefix,
    wire: nature.wire,
    bytes,
    limitMs: options.deadlineMs ?? command.deadlineMs ?? nature.limitMs,
    probe: options.probe ?? false,
    answers: 0,
    bytesSent: false,
    echoed: false,
    lines: [],
    counted: undefined,
    settle,
  };
}

/** Takes an information line. */
export function takeLine(job: Job, line: string): void {
  if (job.prefix !== '' && line.startsWith(job.prefix)) job.answers++;
  if (job.lines.length < MAX_ANSWER_LINES && !isPayloadEcho(job, line)) job.lines.push(line);
}

/** With echo on, some modules repeat the payload between prompt and result. */
function isPayloadEcho(job: Job, line: string): boolean {
  if (!job.bytes || !job.bytesSent) return false;
  return Buffer.from(job.bytes).toString('latin1').trim() === line;
}

/** What a successful final result means for `job`. */
export function outcomeOf(job: Job, final: string): AtResult | WaymarkError {
  const { expect } = job.command;
  if (job.bytes && !job.bytesSent)
    return new WaymarkError('modem.desync', `${job.shown}: accepted without asking for the data`);
  // An OK that brings nothing may be somebody else's.
  if (expect !== undefined && !job.lines.some((line) => line.startsWith(expect)))
    return new WaymarkError('modem.desync', `${job.shown}: OK without ${expect}`);
  return { lines: job.lines, final, ...(job.counted ? { payload: job.counted } : {}) };
}
