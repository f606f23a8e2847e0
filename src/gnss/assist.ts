// Injects assistance with flow control (specs/ublox.md 3.4): about a thousand bytes fill the receiver's input buffer, then
// one message goes for each that is acknowledged. A receiver that acknowledges nothing gets them at a slow pace instead.
//
//   waiting ──room──→ out ──accepted──→ accepted
//      ↑               │ ──refused────→ refused      (no time known: time again, once, then the message again, once)
//      └──5 s, 3 tries─┘ ──third time─→ unanswered
//
// One that falls silent is as one that never spoke. After two minutes the rest counts as unanswered: newer data wait.
import { abortable, type Clock, type Deferred, deferred, sleep } from '../core/index.js';
import { aidAccuracyM, iniPosLlhFrame, iniTimeUtcFrame, mgaKey, parseMgaAck, passableAids } from './mga.js';
import type { AssistReport, AssistRequest } from './receiver-types.js';

/** Unacknowledged bytes in the receiver's input buffer. */
const WINDOW_BYTES = 1000;
const ACK_MS = 5000;
const TRIES = 3;
const BLIND_PAUSE_MS = 50;
/** Device time for all of it. */
const MAX_MS = 120_000;
const NO_TIME_KNOWN = 1;
const TIME_BYTES = 32;

interface Item {
  make: () => Uint8Array;
  bytes: number;
  tries: number;
  /** Has had its second chance after a refusal for want of time; time itself gets none. */
  isAgain: boolean;
}

interface Sent {
  item: Item;
  key: string;
  atMonoMs: number;
}

export interface InjectorDeps {
  clock: Clock;
  /** The writer's class for assistance (feeder.ts). */
  aid(make: () => Uint8Array | undefined): Promise<void>;
  onUbx(cb: (frame: Uint8Array) => void): () => void;
  leapSeconds: () => number;
  /** False once the receiver has refused to acknowledge: then nothing is waited for. */
  acknowledges: () => boolean;
}

const fixed = (frame: Uint8Array): Item => ({ make: () => frame, bytes: frame.length, tries: 0, isAgain: false });

/** Rejects with the abort reason, or with `link.closed` when the port goes away. */
export async function injectAssistance(
  deps: InjectorDeps,
  request: AssistRequest,
  { signal, askedMonoMs }: { signal: AbortSignal; askedMonoMs: number },
): Promise<AssistReport> {
  const { clock } = deps;
  const { utc, position } = request;
  const startedMonoMs = clock.mono();
  const endMonoMs = startedMonoMs + clock.ioBudgetMs(MAX_MS);
  const timeItem = (): Item[] =>
    utc === undefined
      ? []
      : [
          {
            // At the moment of writing: the writer may have been busy.
            make: () =>
              iniTimeUtcFrame({
                utcMs: utc.ms + (clock.mono() - askedMonoMs),
                accuracyMs: utc.accuracyMs,
                leapSeconds: deps.leapSeconds(),
              }),
            bytes: TIME_BYTES,
            tries: 0,
            isAgain: true,
          },
        ];
  const place =
    position &&
    iniPosLlhFrame({ ...position, altitudeM: position.altitudeMslM ?? 0, accuracyM: aidAccuracyM(position) });
  const waiting = [...timeItem(), ...(place ? [fixed(place)] : []), ...passableAids(request.frames).map(fixed)];
  const out: Sent[] = [];
  const report = { accepted: 0, refused: 0, unanswered: 0, infoCodes: {} as Record<number, number> };
  let isBlind = !deps.acknowledges();
  let heardMonoMs = Number.NEGATIVE_INFINITY;
  let isTimeAgain = utc === undefined;
  let wake: Deferred<undefined> | undefined;

  const rouse = (): void => wake?.resolve(undefined);

  const offUbx = deps.onUbx((frame) => {
    const ack = parseMgaAck(frame);
    const index = ack ? out.findIndex(({ key }) => key === ack.key) : -1;
    const [sent] = index < 0 ? [] : out.splice(index, 1);
    if (!ack || !sent) return;
    heardMonoMs = clock.mono();
    isBlind = false;
    if (ack.isAccepted) report.accepted++;
    else {
      report.infoCodes[ack.infoCode] = (report.infoCodes[ack.infoCode] ?? 0) + 1;
      if (ack.infoCode === NO_TIME_KNOWN && utc !== undefined && !sent.item.isAgain) {
        sent.item.isAgain = true;
        waiting.push(sent.item);
        if (!isTimeAgain) waiting.unshift(...timeItem());
        isTimeAgain = true;
      } else report.refused++;
    }
    rouse();
  });

  async function send(item: Item): Promise<void> {
    let sent: Sent | undefined;
    const written = deps.aid(() => {
      if (signal.aborted) return undefined;
      const frame = item.make();
      item.tries++;
      // Before it is written: the answer may come before the writer knows that it has gone.
      sent = { item, key: mgaKey(frame), atMonoMs: clock.mono() };
      out.push(sent);
      return frame;
    });
    await abortable(written, signal);
    if (sent) sent.atMonoMs = clock.mono();
  }

  /** Gives up waiting where the time for an answer is over. */
  function expire(): void {
    const limitMs = clock.ioBudgetMs(ACK_MS);
    while (out[0] && clock.mono() - out[0].atMonoMs >= limitMs) {
      // Nothing at all while a whole window was out; the last few messages are short work with or without answers.
      const isSilent = heardMonoMs < out[0].atMonoMs && waiting.length > 0;
      if (isSilent || heardMonoMs === Number.NEGATIVE_INFINITY) {
        isBlind = true;
        return;
      }
      const item = out.shift()?.item;
      if (item && item.tries < TRIES) waiting.unshift(item);
      else report.unanswered++;
    }
  }

  const hasRoom = (item: Item): boolean =>
    isBlind || out.length === 0 || out.reduce((sum, sent) => sum + sent.item.bytes, item.bytes) <= WINDOW_BYTES;

  /** Until an answer comes, the oldest has waited long enough, or the abort. */
  async function pause(): Promise<void> {
    wake = deferred<undefined>();
    const oldest = out[0]?.atMonoMs ?? clock.mono();
    const untilMonoMs = Math.min(oldest + clock.ioBudgetMs(ACK_MS), endMonoMs);
    const timer = clock.after(Math.max(0, untilMonoMs - clock.mono()), rouse);
    try {
      await abortable(wake.promise, signal);
    } finally {
      timer.cancel();
      wake = undefined;
    }
  }

  try {
    while (clock.mono() < endMonoMs) {
      if (!isBlind) expire();
      const next = waiting[0];
      if (next && hasRoom(next)) {
        waiting.shift();
        await send(next);
        if (isBlind) await sleep(clock, clock.ioBudgetMs(BLIND_PAUSE_MS), signal);
      } else if (next || (out.length > 0 && !isBlind)) await pause();
      else break;
    }
  } finally {
    offUbx();
  }
  report.unanswered += out.length + waiting.length;
  return { ...report, tookMs: clock.mono() - startedMonoMs };
}
