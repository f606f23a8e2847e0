// What hangs on a port that nobody has vouched for: listens first, because receivers speak by themselves, then asks
// with plain AT and for the maker's name. Nothing is set on the device and nothing secret is ever written.
//
//   open → listen ──nmea, ubx──────────────→ receiver
//             └──else──→ AT (up to 3) ──OK, ERROR──→ +CGMI, +CGMM (or I) ──→ modem
//                          ├──nmea, ubx──→ receiver
//                          └──nothing───→ silent
import { abortReason, type Clock, escapeControls, onAbort, silentLogger, WaymarkError } from '../core/index.js';
import { createSniffer, type Heard, type Link, type LinkOpener } from '../link/index.js';
import type { AtChannel } from './at.js';
import { createAtChannel } from './channel.js';
import { parsePlain } from './codec/identity.js';

/** Receivers speak once a second. */
const LISTEN_MS = 1200;
const TRIES = 3;
const AT_MS = 1000;
const IDENTITY_MS = 3000;
const GAP_MS = 20;

export type PortProbe =
  /** Answers AT; the names as far as it tells them. */
  | { is: 'modem'; manufacturer?: string; model?: string }
  | { is: 'receiver'; speaks: 'ubx' | 'nmea' }
  | { is: 'silent'; heard: Heard }
  | { is: 'busy' | 'absent' | 'permission'; error: WaymarkError };

export interface ProbeOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  baudRate: number;
  /** Default 1.2 s; 0 where the USB identity already says AT. */
  listenMs?: number;
  /** False: nothing at all is written. Default true. */
  ask?: boolean;
}

/** Opens, looks, closes. Rejects only with the abort reason and for defects. */
export async function probePort(open: LinkOpener, path: string, options: ProbeOptions): Promise<PortProbe> {
  const { clock, signal, baudRate, listenMs = LISTEN_MS, ask = true } = options;
  let link: Link;
  try {
    link = await open({ address: path, baudRate }, { signal });
  } catch (error) {
    if (signal?.aborted) throw abortReason(signal);
    return notOpened(error);
  }
  const sniffer = createSniffer();
  let onUbx: (() => void) | undefined;
  const heardBy = tapped(link, (chunk) => {
    if (sniffer.push(chunk) === 'ubx') onUbx?.();
  });
  const counters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  await using channel = createAtChannel(
    { link: heardBy, clock, log: silentLogger, counters },
    { commandGapMs: GAP_MS },
  );
  const receiver = (): PortProbe | undefined => {
    const { verdict } = sniffer;
    return verdict === 'nmea' || verdict === 'ubx' ? { is: 'receiver', speaks: verdict } : undefined;
  };

  if (listenMs > 0) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        timer.cancel();
        off();
        resolve();
      };
      const timer = clock.deadline(listenMs, done);
      const off = onAbort(signal, () => queueMicrotask(done));
      // NMEA alone may be half of it: a receiver that also speaks UBX is worth more.
      onUbx = done;
      void channel.lost.then(done);
    });
    if (signal?.aborted) throw abortReason(signal);
    const found = receiver();
    if (found) return found;
  }
  if (!ask) return { is: 'silent', heard: sniffer.verdict };
  for (let i = 0; i < TRIES; i++) {
    const answer = await asked(channel, 'AT', AT_MS, signal);
    if (answer.is === 'lost') return { is: 'absent', error: answer.error };
    if (answer.is === 'answered') return await identified(channel, signal);
    const found = receiver();
    if (found) return found;
  }
  return { is: 'silent', heard: sniffer.verdict };
}

function notOpened(error: unknown): PortProbe {
  if (!(error instanceof WaymarkError)) throw error;
  if (error.code === 'link.busy') return { is: 'busy', error };
  if (error.code === 'link.permission') return { is: 'permission', error };
  return { is: 'absent', error };
}

/** The same link, with somebody listening in. */
function tapped(link: Link, onChunk: (chunk: Uint8Array) => void): Link {
  async function* bytes(): AsyncGenerator<Uint8Array> {
    for await (const chunk of link.bytes) {
      onChunk(chunk);
      yield chunk;
    }
  }
  return {
    name: link.name,
    bytes: bytes(),
    closed: link.closed,
    write: (data, options) => link.write(data, options),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

type Answer = { is: 'answered'; lines: readonly string[] } | { is: 'unanswered' } | { is: 'lost'; error: WaymarkError };

/** One question. An error is an answer: somebody who knows AT is there. */
async function asked(
  channel: AtChannel,
  command: string,
  deadlineMs: number,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  try {
    const { lines } = await channel.run(command, { deadlineMs, probe: true, signal });
    return { is: 'answered', lines };
  } catch (error) {
    if (signal?.aborted) throw abortReason(signal);
    if (!(error instanceof WaymarkError)) throw error;
    if (channel.isLost) return { is: 'lost', error };
    return error.code === 'modem.timeout' ? { is: 'unanswered' } : { is: 'answered', lines: [] };
  }
}

async function identified(channel: AtChannel, signal: AbortSignal | undefined): Promise<PortProbe> {
  const ask = async (command: string, prefix: string): Promise<string | undefined> => {
    // Twice, because the late OK of an earlier AT may have ended the first one.
    for (let i = 0; i < 2; i++) {
      const answer = await asked(channel, command, IDENTITY_MS, signal);
      if (answer.is !== 'answered') return undefined;
      const text = parsePlain(answer.lines, prefix);
      if (text !== undefined) return escapeControls(text);
    }
    return undefined;
  };
  const manufacturer = (await ask('AT+CGMI', '+CGMI')) ?? (await ask('ATI', 'I'));
  const model = manufacturer === undefined ? undefined : await ask('AT+CGMM', '+CGMM');
  return {
    is: 'modem',
    ...(manufacturer === undefined ? {} : { manufacturer }),
    ...(model === undefined ? {} : { model }),
  };
}
