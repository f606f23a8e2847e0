// Tells a u-blox receiver to take corrections and to report (specs/ublox.md 3.3). One unknown key refuses a whole message,
// so keys that only some receivers have travel alone; each message is answered or sent again, because the line may lose
// bytes. Into RAM only, unless it is to be kept: then also into battery-backed memory and flash, as far as there is any.
import { type Clock, deferred, isWaymarkError, type Logger, sleep, withDeadline } from '../core/index.js';
import { type ConfigItem, LAYERS, parseAck, UBX, valsetFrame } from './ubx.js';

const ACK_MS = 1000;
const TRIES = 3;
/** After a repetition the answer to the first try may still be on its way: it must not pass for the next message's. */
const LATE_ACK_MS = 250;

const ON_UART1: readonly ConfigItem[] = [
  { key: 0x10740001, value: 1 }, // UART1OUTPROT-UBX
  { key: 0x20910007, value: 1 }, // MSGOUT-UBX_NAV_PVT_UART1
];
const ON_USB: readonly ConfigItem[] = [
  { key: 0x10780001, value: 1 }, // USBOUTPROT-UBX
  { key: 0x20910009, value: 1 }, // MSGOUT-UBX_NAV_PVT_USB
];
/** Positions over UBX, on both kinds of port. A chip without USB refuses them together, and takes those for its UART. */
export const MANDATORY_ITEMS: readonly ConfigItem[] = [...ON_UART1, ...ON_USB];

type Feature = 'spartn' | 'rtcm' | 'source' | 'reports' | 'aiding' | 'satellites' | 'status';

export type OptionalItem = ConfigItem & { name: string; feature: Feature };

/** Corrections in, what became of them out, acknowledged assistance, and what people like to look at. */
export const OPTIONAL_ITEMS: readonly OptionalItem[] = [
  { feature: 'spartn', name: 'UART1INPROT-SPARTN', key: 0x10730005, value: 1 },
  { feature: 'spartn', name: 'USBINPROT-SPARTN', key: 0x10770005, value: 1 },
  { feature: 'spartn', name: 'UART2INPROT-SPARTN', key: 0x10750005, value: 1 },
  { feature: 'source', name: 'SPARTN-USE_SOURCE', key: 0x20a70001, value: 0 },
  { feature: 'rtcm', name: 'UART1INPROT-RTCM3X', key: 0x10730004, value: 1 },
  { feature: 'rtcm', name: 'USBINPROT-RTCM3X', key: 0x10770004, value: 1 },
  { feature: 'rtcm', name: 'UART2INPROT-RTCM3X', key: 0x10750004, value: 1 },
  { feature: 'reports', name: 'MSGOUT-UBX_RXM_COR_UART1', key: 0x209106b7, value: 1 },
  { feature: 'reports', name: 'MSGOUT-UBX_RXM_COR_USB', key: 0x209106b9, value: 1 },
  { feature: 'aiding', name: 'NAVSPG-ACKAIDING', key: 0x10110025, value: 1 },
  { feature: 'status', name: 'MSGOUT-UBX_NAV_STATUS_UART1', key: 0x2091001b, value: 1 },
  { feature: 'status', name: 'MSGOUT-UBX_NAV_STATUS_USB', key: 0x2091001d, value: 1 },
  // Every fifth epoch: half a kilobyte each time.
  { feature: 'satellites', name: 'MSGOUT-UBX_NAV_SAT_UART1', key: 0x20910016, value: 5 },
  { feature: 'satellites', name: 'MSGOUT-UBX_NAV_SAT_USB', key: 0x20910018, value: 5 },
];

const WITHOUT: Readonly<Record<Feature, string>> = {
  spartn: 'SPARTN not understood: this firmware needs RTCM',
  source: 'the source of SPARTN cannot be chosen',
  rtcm: 'RTCM not understood',
  reports: 'no reports on corrections (RXM-COR): their use shows in the positions only',
  aiding: 'assistance is not acknowledged: it is sent at a slow pace instead',
  status: 'no report of state and uptime (NAV-STATUS)',
  satellites: 'no list of satellites (NAV-SAT)',
};

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
  /** Names of optional keys that were not answered. */
  unanswered: readonly string[];
  /** Sum of `LAYERS` that took it. */
  layers: number;
  /** It was to be kept in flash, and could not be. */
  isFlashRefused: boolean;
}

/** Has the receiver refused this on every port it could have it on? */
export function lacks(result: Pick<ConfigureResult, 'refused'> | undefined, feature: Feature): boolean {
  if (!result) return false;
  return OPTIONAL_ITEMS.every((item) => item.feature !== feature || result.refused.includes(item.name));
}

/** What the refusals mean, in sentences for people; a feature that works on some port is not missing. */
export function refusalSentences(result: ConfigureResult): string[] {
  if (result.mandatory === 'refused' && result.refused.length === OPTIONAL_ITEMS.length)
    return ['the receiver takes no configuration by CFG-VALSET (older than u-blox generation 9): set it up by hand'];
  const sentences = Object.entries(WITHOUT)
    .filter(([feature]) => lacks(result, feature as Feature))
    .map(([, sentence]) => sentence);
  if (result.mandatory === 'refused') sentences.unshift('positions over UBX cannot be switched on');
  if (result.isFlashRefused) sentences.push('the configuration is not kept in flash: this receiver has none');
  return sentences;
}

interface ConfigureDeps {
  port: ConfigurePort;
  clock: Clock;
  log: Logger;
}

/** Best effort: rejects only when `signal` aborts. */
export async function configureReceiver(
  { port, clock, log }: ConfigureDeps,
  { signal, save = false }: { signal: AbortSignal; save?: boolean },
): Promise<ConfigureResult> {
  async function ask(frame: Uint8Array): Promise<ConfigureAnswer> {
    const answer = deferred<ConfigureAnswer>();
    const off = port.onUbx((heard) => {
      const ack = parseAck(heard);
      if (ack?.of === UBX.cfgValset) answer.resolve(ack.accepted ? 'accepted' : 'refused');
    });
    try {
      port.send(frame);
      return await withDeadline({ clock, ms: ACK_MS, signal, what: 'CFG-VALSET' }, () => answer.promise);
    } catch (error) {
      if (isWaymarkError(error, 'core.timeout')) return 'silent';
      throw error;
    } finally {
      off();
    }
  }

  async function set(items: readonly ConfigItem[], layers: number, most = TRIES): Promise<ConfigureAnswer> {
    const frame = valsetFrame(items, layers);
    for (let tries = 1; tries <= most; tries++) {
      const answer = await ask(frame);
      if (answer === 'silent') continue;
      if (tries > 1) await sleep(clock, clock.ioBudgetMs(LATE_ACK_MS), signal);
      return answer;
    }
    return 'silent';
  }

  async function setMandatory(layers: number): Promise<ConfigureAnswer> {
    const together = await set(MANDATORY_ITEMS, layers);
    if (together === 'accepted') return together;
    // While it speaks sentences only, its refusal cannot be heard either.
    const most = together === 'silent' ? 1 : TRIES;
    const answers = [await set(ON_UART1, layers, most), await set(ON_USB, layers, most)];
    if (answers.includes('accepted')) return 'accepted';
    return answers.includes('refused') ? 'refused' : together;
  }

  // A receiver without flash or battery refuses messages for them.
  const ladder = save ? [LAYERS.ram | LAYERS.bbr | LAYERS.flash, LAYERS.ram | LAYERS.bbr, LAYERS.ram] : [LAYERS.ram];
  let layers: number = LAYERS.ram;
  let mandatory: ConfigureAnswer = 'refused';
  for (let rung = 0; rung < ladder.length && mandatory === 'refused'; rung++) {
    layers = ladder[rung] ?? LAYERS.ram;
    mandatory = await setMandatory(layers);
  }
  const refused: string[] = [];
  const unanswered: string[] = [];
  for (const item of OPTIONAL_ITEMS) {
    // A receiver that answers nothing may still listen; waiting for it each time would only cost time.
    const answer = mandatory === 'silent' ? 'silent' : await set([item], layers);
    if (mandatory === 'silent') port.send(valsetFrame([item], layers));
    if (answer === 'refused') refused.push(item.name);
    else if (answer === 'silent') unanswered.push(item.name);
  }
  const isFlashRefused = save && mandatory === 'accepted' && (layers & LAYERS.flash) === 0;
  const result: ConfigureResult = { mandatory, refused, unanswered, layers, isFlashRefused };
  const lacking = refusalSentences(result);
  if (mandatory === 'silent')
    log.warn('gnss.configure-unanswered', { ...result }, 'the receiver does not acknowledge its configuration');
  else if (lacking.length > 0 || unanswered.length > 0)
    log.warn(
      'gnss.configure-refused',
      { ...result },
      ['the receiver lacks some of the settings', ...lacking].join('; '),
    );
  // A key for a port that it does not have is nothing to be told about.
  else log.info('gnss.configured', { ...result });
  return result;
}
