// What the module's own client needs before it can connect (specs/devicewise.md 1.1, 1.3): context 1 of the module's own
// stack, TLS with the authority that signs the server, and remote AT commands off. Definitions of contexts are never
// touched; what the module keeps in its flash is read first and written only where it differs.
import { isWaymarkError, WaymarkError, withDeadline } from '../../../core/index.js';
import { parseActivation } from '../../codec/context.js';
import { cmeOf } from '../../codec/errors.js';
import { ask, type Session } from '../../session.js';
import { pauseDevice } from '../../stages/verdict.js';
import { parseDwen } from './readings.js';

/** The client takes no other. */
export const CONTEXT_ID = 1;
/** The manual's ceiling, for all attempts together. */
const ACTIVATE_MS = 150_000;
const PAUSE_MS = 1000;
/** The first attempt and two recoveries; whoever wants more comes again later. */
const ATTEMPTS = 3;
const ALREADY_ACTIVE = 553;

/** Whether context 1 of the module's own stack is up; undefined when the module does not tell. */
export async function readContext(session: Session, signal: AbortSignal): Promise<boolean | undefined> {
  const lines = await ask(session, 'AT#SGACT?', signal);
  return lines?.map(parseActivation).find((state) => state?.contextId === CONTEXT_ID)?.active;
}

/** True when the context is up now; the refusal otherwise. */
async function activateOnce(session: Session, signal: AbortSignal): Promise<true | WaymarkError> {
  try {
    await session.channel.run(`AT#SGACT=${CONTEXT_ID},1`, { signal, deadlineMs: ACTIVATE_MS });
    return true;
  } catch (error) {
    if (!isWaymarkError(error, 'modem.error')) throw error;
    return cmeOf(error) === ALREADY_ACTIVE || error;
  }
}

/** Brings context 1 up if it is not. Errors: `network.no-bearer`, `link.*`, `modem.*`, the abort reason. */
export async function ensureContext(session: Session, parent: AbortSignal): Promise<void> {
  if (await readContext(session, parent)) return;
  let refusal: WaymarkError | undefined;
  const activate = async (signal: AbortSignal): Promise<boolean> => {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt > 1) {
        // The maker's own recovery: down, a breath, up again.
        await ask(session, `AT#SGACT=${CONTEXT_ID},0`, signal, ACTIVATE_MS);
        await pauseDevice(session, PAUSE_MS, signal);
      }
      const outcome = await activateOnce(session, signal);
      if (outcome === true) return true;
      refusal = outcome;
    }
    return (await readContext(session, signal)) === true;
  };
  const what = `context ${CONTEXT_ID} of the module`;
  const { clock } = session;
  if (await withDeadline({ clock, ms: ACTIVATE_MS, signal: parent, code: 'network.no-bearer', what }, activate)) return;
  throw new WaymarkError('network.no-bearer', `${what}: ${refusal?.message ?? 'stays down'}`, {
    cause: refusal,
    evidence: refusal?.evidence,
    hint: 'The module’s deviceWISE client uses context 1, and the network refuses it: check the access point of context 1, or set deviceWise.road to gateway.',
  });
}

export interface RemoteAtKeeper {
  /**
   * Allows the cloud to run AT commands on the module, or forbids it. Errors: `modem.error` when a module that allows it
   * refuses to forbid it, or to allow what is wanted; `link.*`, `modem.*`, the abort reason.
   */
  ensure(session: Session, isAllowed: boolean, signal: AbortSignal): Promise<void>;
}

/** One per modem: a module that does not tell is written to once. */
export function createRemoteAtKeeper(onWrite: () => void): RemoteAtKeeper {
  let blindly: boolean | undefined;
  return {
    async ensure(session, isAllowed, signal) {
      const lines = await ask(session, 'AT#DWEN?', signal);
      const found = lines?.map(parseDwen).find((state) => state !== undefined);
      if (found === isAllowed || (found === undefined && blindly === isAllowed)) return;
      try {
        await session.channel.run(`AT#DWEN=0,${isAllowed ? 1 : 0}`, { signal });
      } catch (error) {
        // What a module does not know cannot be on.
        if (isWaymarkError(error, 'modem.error') && found === undefined && !isAllowed) return;
        throw error;
      }
      if (found === undefined) blindly = isAllowed;
      onWrite();
    },
  };
}
