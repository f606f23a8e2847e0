// The SIM: its state, its number, and the PIN. What may be sent is decided in pin.ts; here it is done, once and in order.
import { abortReason, isWaymarkError, toWaymarkError, WaymarkError } from '../../core/index.js';
import {
  asksForPin,
  type CardState,
  cardAsksAgain,
  cardChanged,
  cardStateOf,
  fewerTries,
  simError,
  triesIn,
} from '../card.js';
import { cmeOf } from '../codec/errors.js';
import { cardKey, parseIccid, parseImsi, READ_ICCID_FILE } from '../codec/identity.js';
import { STANDARD_RETRY_COUNTERS } from '../codec/retry.js';
import { decidePin, outcomeOfAttempt, type PinRecord, pinCommand, provesPending } from '../pin.js';
import type { RetryCounters } from '../profile.js';
import { ask, askCard, runSecret, type Session } from '../session.js';
import { pauseDevice, type Verdict } from './verdict.js';

/** After its PIN a card reads its files before it is ready (CME 14 meanwhile). */
const READY_MS = 30_000;
const READY_POLL_MS = 500;
/** A card that has just started may not tell its number and its counters yet. */
const SETTLE_MS = 10_000;
const CARD_REREAD_MS = 60_000;
/** CME numbers of `AT+CPIN?`: busy, and locks of the module. */
const BUSY = 14;
const LOCKED_TO: Readonly<Record<number, string>> = { 5: 'PH-SIM PIN', 40: 'PH-NET PIN' };

async function readCard(session: Session, signal: AbortSignal): Promise<CardState> {
  try {
    return cardStateOf((await session.channel.run('AT+CPIN?', { signal })).lines);
  } catch (error) {
    if (isWaymarkError(error, 'sim.absent', 'sim.pin', 'sim.puk', 'sim.failure'))
      return { is: error.code.slice(4) as 'absent' | 'pin' | 'puk' | 'failure', word: '' };
    const cme = cmeOf(error);
    if (cme === BUSY) return { is: 'busy', word: '' };
    const lock = cme === undefined ? undefined : LOCKED_TO[cme];
    if (lock !== undefined) return { is: 'other', word: lock };
    throw error;
  }
}

function show(session: Session, card: CardState): void {
  session.store.patch({ sim: card.is === 'busy' ? 'unknown' : card.is });
}

/** The card's number, by the family's commands or from its file; readable while the PIN is asked for. */
async function readIccid(session: Session, signal: AbortSignal): Promise<string | undefined> {
  for (const command of new Set([...session.profile.iccidCommands, READ_ICCID_FILE])) {
    const iccid = parseIccid((await askCard(session, command, signal)) ?? []);
    if (iccid !== undefined) return iccid;
  }
  return undefined;
}

/** The tries left, as the module's own command and the standard one tell them; the card itself is asked last. */
async function readTries(session: Session, card: CardState['is'], signal: AbortSignal): Promise<RetryCounters> {
  const [, ...ofTheCard] = STANDARD_RETRY_COUNTERS;
  let tries: RetryCounters = {};
  for (const reading of [...session.profile.retryCounters, ...STANDARD_RETRY_COUNTERS]) {
    if (tries.pin !== undefined && ofTheCard.includes(reading)) break;
    tries = fewerTries(tries, triesIn(reading, (await askCard(session, reading.command, signal)) ?? []));
    // An open card is not asked further than one question: nothing depends on the answer.
    if (card === 'ready') break;
  }
  // A blocked card has none; some modules then tell those of the PUK under the name of the PIN.
  if (card === 'puk') tries = { ...tries, pin: 0 };
  session.store.patch({ simTries: Object.keys(tries).length === 0 ? undefined : tries });
  return tries;
}

export async function sim(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { store } = session;
  const card = await readCard(session, signal);
  show(session, card);
  if (card.is === 'pin') {
    const verdict = await unlockAlone(session, card, signal);
    if (verdict !== 'done') return verdict;
  } else if (card.is !== 'ready') {
    if (card.is === 'puk') await readTries(session, 'puk', signal);
    return simError(card.is, card.word);
  } else await readTries(session, 'ready', signal);
  session.alarm = undefined;
  session.suspects.delete('card');
  const iccid = await readIccid(session, signal);
  session.cardReadMonoMs = session.clock.mono();
  if (iccid !== undefined) {
    store.patch({ iccid });
    await settlePending(session, cardKey(iccid), signal);
  }
  const imsi = parseImsi((await ask(session, 'AT+CIMI', signal)) ?? []);
  if (imsi !== undefined) store.patch({ imsi });
  return 'done';
}

const guarded = (why: string, tries: number | undefined, hint?: string): WaymarkError =>
  new WaymarkError('sim.pin-guarded', why, { evidence: tries === undefined ? undefined : { tries }, hint });

/** From the look at the tries to the answer no other agent of this machine may do the same on another port. */
async function unlockAlone(session: Session, card: CardState, signal: AbortSignal): Promise<Verdict> {
  const { options, pinLedger } = session;
  const work = (): Promise<Verdict> => unlock(session, card, signal);
  if (!options.pin || !pinLedger) return work();
  const verdict = await pinLedger.alone(work);
  return verdict === 'busy' ? guarded('another program on this machine is entering a PIN', undefined) : verdict;
}

async function unlock(session: Session, card: CardState, signal: AbortSignal): Promise<Verdict> {
  const { options, pinLedger, memory, clock, store } = session;
  const { pin } = options;
  session.pinAskedMonoMs ??= clock.mono();
  // What the card has left is worth knowing whoever will enter the PIN.
  const { pin: tries } = await readTries(session, 'pin', signal);
  session.suspects.delete('card');
  const iccid = await readIccid(session, signal);
  if (iccid !== undefined) store.patch({ iccid });
  const key = iccid === undefined ? undefined : cardKey(iccid);
  const record = pin && pinLedger && key !== undefined ? await pinLedger.read(key, pin) : undefined;
  if (pin && pinLedger && key !== undefined && record?.outcome === 'pending') {
    memory.askedSince.add(key);
    // Whoever opens the card now may do so while we are stopped.
    if (!record.isProven && record.askedSince === undefined)
      await keep(session, pinLedger.write(key, pin, { ...record, askedSince: true }));
  }
  const decision = decidePin({
    asksForPin: asksForPin(card),
    hasPin: pin !== undefined,
    hasLedger: pinLedger !== undefined,
    iccid,
    record,
    tries,
    triedOnThisLink: session.pinTried,
    acceptedInVain: key !== undefined && memory.acceptedInVain.has(key),
  });
  switch (decision.do) {
    case 'nothing':
      return simError('pin');
    case 'refuse': {
      const isYoung = clock.mono() - session.pinAskedMonoMs < clock.ioBudgetMs(SETTLE_MS);
      if (decision.mayClear && isYoung) return new WaymarkError('sim.failure', decision.why);
      return new WaymarkError(decision.code, decision.why, {
        hint: decision.hint,
        evidence: tries === undefined ? undefined : { tries },
      });
    }
    case 'attempt':
      // Neither can be missing here; the types do not know it.
      if (!pin || !pinLedger || key === undefined) return simError('pin');
      return attempt(session, { key, record, tries: tries ?? 0 }, signal);
  }
}

/** What the decision rests on, once more: noting it may have taken seconds. */
async function isAsBefore(session: Session, known: Known, signal: AbortSignal): Promise<boolean> {
  session.suspects.delete('card');
  if (!asksForPin(await readCard(session, signal))) return false;
  const { pin: tries } = await readTries(session, 'pin', signal);
  const iccid = await readIccid(session, signal);
  return tries === known.tries && iccid !== undefined && cardKey(iccid) === known.key && !session.suspects.has('card');
}

interface Known {
  key: string;
  record: PinRecord | undefined;
  tries: number;
}

/** The one attempt: the note on disk, then the bytes, then the note of how it ended. */
async function attempt(session: Session, known: Known, signal: AbortSignal): Promise<Verdict> {
  const { options, pinLedger, clock, log, memory } = session;
  const { key } = known;
  const { pin } = options;
  if (!pin || !pinLedger) return simError('pin');
  // A PIN that cannot be sent must not leave a note either.
  const command = pinCommand(pin);
  const isProven = known.record?.isProven ?? false;
  const note = (outcome: PinRecord['outcome'], proven = isProven): Promise<void> =>
    pinLedger.write(key, pin, { outcome, isProven: proven, at: new Date(clock.wall()).toISOString() });

  const mayGo = await note('pending')
    .then(() => isAsBefore(session, known, signal))
    .catch((error: unknown) => toWaymarkError(error));
  if (signal.aborted || mayGo !== true) {
    // Nothing has left: if the note stayed, the card would wait for a person for nothing.
    await keep(session, pinLedger.write(key, pin, known.record));
    if (signal.aborted) throw abortReason(signal);
    if (mayGo instanceof WaymarkError) throw mayGo;
    return simError('busy');
  }
  session.pinTried = true;
  log.info('modem.pin', { isProven, tries: known.tries }, 'The PIN is sent to the SIM, once.');
  let failure: WaymarkError | undefined;
  try {
    await runSecret(session, command, signal);
  } catch (error) {
    // Without a final result nobody knows whether the card has seen it.
    if (!isWaymarkError(error, 'modem.error', 'sim.pin', 'sim.puk', 'sim.absent', 'sim.failure')) throw error;
    failure = error;
  }
  let outcome = outcomeOfAttempt(failure);
  let left: number | undefined;
  if (outcome === 'refused') await keep(session, note('refused'));
  if (outcome !== 'accepted') left = (await readTries(session, 'pin', signal)).pin;
  if (outcome === 'unclear' && left !== undefined && left < known.tries) {
    outcome = 'refused';
    await keep(session, note('refused'));
  }
  if (outcome === 'refused') {
    log.warn('modem.pin-refused', { tries: left ?? 'unknown' }, 'The SIM refused the PIN; it is never sent again.');
    return new WaymarkError('sim.pin-refused', 'the SIM refused the PIN', {
      cause: failure,
      evidence: left === undefined ? undefined : { tries: left },
    });
  }
  if (outcome === 'unclear') return guarded(`the SIM did not take the PIN: ${failure?.message ?? ''}`, left);
  memory.askedSince.delete(key);
  await keep(session, note('accepted', true));
  return untilReady(session, key, signal);
}

/** After the attempt a ledger that fails leaves the pending note: as safe, and no reason to stop an open card. */
async function keep(session: Session, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    session.log.warn('modem.pin-note', { error: toWaymarkError(error) }, 'The record of PIN attempts was not reached.');
  }
}

/** After its PIN the card may be busy, and say for a moment that it still asks. */
async function untilReady(session: Session, key: string, signal: AbortSignal): Promise<Verdict> {
  const { clock, memory } = session;
  const since = clock.mono();
  for (;;) {
    const card = await readCard(session, signal);
    show(session, card);
    if (card.is === 'ready') return 'done';
    if (card.is !== 'busy' && card.is !== 'pin') return simError(card.is, card.word);
    if (clock.mono() - since >= clock.ioBudgetMs(READY_MS)) {
      if (card.is === 'busy') return simError('busy');
      memory.acceptedInVain.add(key);
      return guarded('the SIM accepts the PIN and asks for it all the same', undefined);
    }
    await pauseDevice(session, READY_POLL_MS, signal);
  }
}

/** An attempt that was cut off succeeded, if its card is open now and its PIN is on. */
async function settlePending(session: Session, key: string, signal: AbortSignal): Promise<void> {
  const { pinLedger, memory, clock, log } = session;
  const { pin } = session.options;
  if (!pin || !pinLedger) return;
  let record: PinRecord | undefined;
  await keep(
    session,
    pinLedger.read(key, pin).then((found) => {
      record = found;
    }),
  );
  if (record?.outcome !== 'pending') return;
  const lines = (await askCard(session, 'AT+CLCK="SC",2', signal)) ?? [];
  const pinIsOn = lines.some((line) => /^\+CLCK:\s*1\b/.test(line));
  const askedSince = record.askedSince === true || memory.askedSince.has(key);
  if (!provesPending(record, { pinIsOn, askedSince })) return;
  const at = new Date(clock.wall()).toISOString();
  await keep(session, pinLedger.write(key, pin, { outcome: 'accepted', isProven: true, at }));
  log.info('modem.pin-settled', {}, 'The SIM is open: the PIN attempt that was cut off had succeeded.');
}

/** While running: is the card still there, open, and the same? Once a minute, or at once after a report. */
export async function checkCard(session: Session, signal: AbortSignal): Promise<void> {
  const { clock, store, options } = session;
  const ageMs = clock.mono() - (session.cardReadMonoMs ?? 0);
  if (!session.suspects.has('card') && ageMs < CARD_REREAD_MS) return;
  const card = await readCard(session, signal);
  if (card.is === 'busy') return;
  session.suspects.delete('card');
  session.cardReadMonoMs = clock.mono();
  show(session, card);
  if (card.is === 'pin') throw cardAsksAgain(options.pin !== undefined);
  if (card.is !== 'ready') throw simError(card.is, card.word);
  const iccid = await readIccid(session, signal);
  if (iccid === undefined) return;
  const before = store.current.iccid;
  if (before !== undefined && cardKey(before) !== cardKey(iccid)) throw cardChanged();
  if (before !== iccid) store.patch({ iccid });
}
