// One request handed to the module: as a formatted line where that is safe, as raw JSON otherwise. OK means that the
// module has published it, nothing more (specs/devicewise.md 1.7). A module that refuses says only ERROR: whether it is
// connected tells why.
import { isWaymarkError, sleep, type Tr50Command, type Tr50Outcome } from '../../../core/index.js';
import type { AtResult } from '../../at.js';
import { formattedLine } from './formatted.js';
import type { Way } from './match.js';
import { acceptanceOf, parseDwconn } from './parse.js';
import { rawBytes, survivingCommand } from './raw.js';
import { outcomeOfCode } from './reply.js';
import type { ExchangeDeps } from './types.js';

/** `settled`: it ends here. */
export type Submission = { is: 'accepted'; way: Way; id: number | undefined } | { is: 'settled'; outcome: Tr50Outcome };

/** A module that is connected and refuses is asked once more after a while: it may be out of memory. */
const REFUSED_PAUSE_MS = 2000;
const BUSY_PAUSE_MS = 1000;
/** So many refused lines, and all goes raw from then on. */
const MAX_REFUSED_LINES = 3;

export interface Submitter {
  /** Never rejects. */
  submit(command: Tr50Command): Promise<Submission>;
  /** Formatted lines are in use. */
  readonly isFormatting: boolean;
}

export function createSubmitter(
  { run, prompted, clock }: Pick<ExchangeDeps, 'run' | 'prompted' | 'clock'>,
  options: { formatted: boolean; signal: AbortSignal },
): Submitter {
  const { signal } = options;
  let refusedLines = options.formatted ? 0 : MAX_REFUSED_LINES;

  const settled = (outcome: Tr50Outcome): Submission => ({ is: 'settled', outcome });
  const unsendable = (reason: string): Submission => settled({ is: 'unsendable', reason });

  /** `refused`: the module said no, and why is not known yet. */
  const attempt = async (way: Way, send: () => Promise<AtResult>): Promise<Submission | 'refused'> => {
    try {
      const acceptance = acceptanceOf((await send()).lines);
      if (acceptance.is === 'refused') return settled(outcomeOfCode(acceptance.code));
      return { is: 'accepted', way, id: acceptance.id };
    } catch (error) {
      // An OK without a prompt took nothing.
      if (isWaymarkError(error, 'modem.error') || isWaymarkError(error, 'modem.desync')) return 'refused';
      // It may be on its way: the ring will tell.
      if (isWaymarkError(error, 'modem.timeout')) return { is: 'accepted', way, id: undefined };
      if (isWaymarkError(error, 'modem.busy')) return settled({ is: 'busy', retryAfterMs: BUSY_PAUSE_MS });
      if (isWaymarkError(error, 'modem.injection')) return unsendable('it cannot be written into a command');
      return settled({ is: 'link-lost' });
    }
  };

  const isConnected = async (): Promise<boolean> => {
    try {
      const { lines } = await run({ text: 'AT#DWCONN?' }, { signal });
      const found = lines.map((line) => parseDwconn(line)).find((one) => one !== undefined);
      return found === undefined || found.status === 2;
    } catch (error) {
      return isWaymarkError(error, 'modem.error');
    }
  };

  const sendLine = (line: string, command: string): Promise<Submission | 'refused'> =>
    attempt('formatted', () => run({ text: line, shown: `AT#DWSEND=0,${command},[values]` }, { signal }));

  const sendRaw = (bytes: Uint8Array): Promise<Submission | 'refused'> =>
    // Some firmware leaves out the blank behind the prompt.
    attempt('raw', () => prompted({ text: `AT#DWSENDR=${bytes.length}`, prompt: '>' }, bytes, { signal }));

  const pause = async (): Promise<boolean> => {
    try {
      await sleep(clock, REFUSED_PAUSE_MS, signal);
      return true;
    } catch {
      return false;
    }
  };

  return {
    get isFormatting() {
      return refusedLines < MAX_REFUSED_LINES;
    },
    async submit(asked) {
      const command = survivingCommand(asked);
      if (!command) return unsendable('it is no JSON');
      const line = refusedLines < MAX_REFUSED_LINES ? formattedLine(command) : undefined;
      if (line !== undefined) {
        const sent = await sendLine(line, command.command);
        if (sent !== 'refused') return sent;
        if (!(await isConnected())) return settled({ is: 'link-lost' });
      }
      const bytes = rawBytes(command);
      if (!bytes) return unsendable('it is too long for the module');
      for (const isLast of [false, true]) {
        const sent = await sendRaw(bytes);
        if (sent !== 'refused') {
          // The same is taken as raw: the line was at fault.
          if (line !== undefined && sent.is === 'accepted') refusedLines++;
          return sent;
        }
        if (!(await isConnected())) return settled({ is: 'link-lost' });
        if (!isLast && !(await pause())) return settled({ is: 'link-lost' });
      }
      // Its own trouble looks the same: then it refuses everything, and nothing of that is at fault.
      return settled({
        is: 'unsendable',
        reason: 'the module refuses it although it is connected',
        mayPass: true,
      });
    },
  };
}
