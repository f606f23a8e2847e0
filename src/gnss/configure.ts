// Tells a u-blox receiver to take corrections and to report (specs/ublox.md 3.3). RAM layer only: power off undoes it.
// One unknown key refuses a whole message, so keys that only some receivers have travel alone.
import { type Clock, deferred, isWaymarkError, type Logger, withDeadline } from '../core/index.js';
import { type ConfigItem, parseAck, UBX, valsetFrame } from './ubx.js';

const ACK_MS = 1000;
const MANDATORY_TRIES = 2;

/** Positions over UBX, on both kinds of port. */
export const MANDATORY_ITEMS: readonly ConfigItem[] = [
  { key: 0x10740001, value: 1 }, // UART1OUTPROT-UBX
  { key: 0x10780001, value: 1 }, // USBOUTPROT-UBX
  { key: 0x20910007, value: 1 }, // MSGOUT-UBX_NAV_PVT_UART1
  { key: 0x20910009, value: 1 }, // MSGOUT-UBX_NAV_PVT_USB
];

/** Corrections in, and what became of them out. */
export const OPTIONAL_ITEMS: readonly (ConfigItem & { name: string })[] = [
  { name: 'UART1INPROT-SPARTN', key: 0x10730005, value: 1 },
  { name: 'USBINPROT-SPARTN', key: 0x10770005, value: 1 },
  { name: 'SPARTN-USE_SOURCE', key: 0x20a70001, value: 0 },
  { name: 'MSGOUT-UBX_RXM_COR_UART1', key: 0x209106b7, value: 1 },
  { name: 'MSGOUT-UBX_RXM_COR_USB', key: 0x209106b9, value: 1 },
];

export interface ConfigurePort {
  send(frame: Uint8Array): void;
  /** Every UBX frame the receiver sends from now on. Returns the unsubscribe. */
  onUbx(cb: (frame: Uint8Array) => void): () => void;
}

export type ConfigureAnswer = 'accepted' | 'refused' | 'silent';

export interface ConfigureResult {
  mandatory: ConfigureAnswer;
  /** Names of optional keys the receiver does not have. */
  refused: readonly string[];
}

interface ConfigureDeps {
  port: ConfigurePort;
  clock: Clock;
  log: Logger;
}

/** Best effort: rejects only when `signal` aborts. */
export async function configureReceiver(
  { port, clock, log }: ConfigureDeps,
  { signal }: { signal: AbortSignal },
): Promise<ConfigureResult> {
  async function set(items: readonly ConfigItem[]): Promise<ConfigureAnswer> {
    const answer = deferred<ConfigureAnswer>();
    const off = port.onUbx((frame) => {
      const ack = parseAck(frame);
      if (ack?.of === UBX.cfgValset) answer.resolve(ack.accepted ? 'accepted' : 'refused');
    });
    try {
      port.send(valsetFrame(items));
      return await withDeadline({ clock, ms: ACK_MS, signal, what: 'CFG-VALSET' }, () => answer.promise);
    } catch (error) {
      if (isWaymarkError(error, 'core.timeout')) return 'silent';
      throw error;
    } finally {
      off();
    }
  }

  let mandatory: ConfigureAnswer = 'silent';
  for (let i = 0; i < MANDATORY_TRIES && mandatory === 'silent'; i++) mandatory = await set(MANDATORY_ITEMS);
  const refused: string[] = [];
  for (const item of OPTIONAL_ITEMS) {
    // A receiver that answers nothing may still listen; waiting for it each time would only cost time.
    if (mandatory === 'silent') port.send(valsetFrame([item]));
    else if ((await set([item])) === 'refused') refused.push(item.name);
  }
  const fields = { mandatory, refused };
  if (mandatory === 'accepted' && refused.length === 0) log.info('gnss.configured', fields);
  else if (mandatory === 'silent')
    log.warn('gnss.configure-unanswered', fields, 'the receiver does not acknowledge its configuration');
  else log.warn('gnss.configure-refused', fields, 'the receiver lacks some of the settings; corrections may go unused');
  return { mandatory, refused };
}
