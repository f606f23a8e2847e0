// Signs of life, the settings of the dialogue, and who answers. Until this has succeeded on a link, no secret is sent.
import { isWaymarkError, WaymarkError } from '../../core/index.js';
import { bodyOf, intOf, splitFields } from '../codec/fields.js';
import { parseImei, parsePlain } from '../codec/identity.js';
import { isNews } from '../memory.js';
import { chooseProfile } from '../profiles/choose.js';
import { ask, type Session } from '../session.js';
import { composeNetworkCard } from './data-path.js';
import { pauseDevice, type Verdict } from './verdict.js';

const ESC_CR = Uint8Array.of(0x1b, 0x0d);
const GUARD_MS = 1100;
const GNSS_PROOF = 3;

const wrongDevice = (session: Session): WaymarkError =>
  new WaymarkError('modem.wrong-device', `${session.options.port}: a GNSS receiver answers here`);

export async function sync(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { channel } = session;
  const attempt = ++session.syncAttempts;
  try {
    // Left behind by a crash: an open prompt, or data mode.
    if (attempt === 4) await channel.poke(ESC_CR);
    if (attempt === 7) {
      await pauseDevice(session, GUARD_MS, signal);
      await channel.poke(Buffer.from('+++'));
      await pauseDevice(session, GUARD_MS, signal);
    }
    await channel.run('AT', { deadlineMs: attempt <= 3 ? 500 : 1000, probe: true, signal });
  } catch (error) {
    if (!isWaymarkError(error, 'modem.timeout', 'modem.error', 'modem.desync')) throw error;
    if (channel.health.gnssLines >= GNSS_PROOF) return wrongDevice(session);
    if (channel.health.overlongLines > 0)
      return new WaymarkError('modem.overflow', `${session.options.port}: bytes without line ends`);
    return error;
  }
  // Earlier probes may still be answered.
  if (attempt > 1) await channel.resync();
  await ask(session, 'ATE0', signal);
  await ask(session, 'ATV1', signal);
  await ask(session, 'AT+CMEE=1', signal);
  // Closing the port must not hang anything up.
  await ask(session, 'AT&D0', signal);
  channel.armResetDetection();
  return 'done';
}

export async function identify(session: Session, signal: AbortSignal): Promise<Verdict> {
  const { store, channel, options, memory } = session;
  const plain = async (command: string): Promise<string | undefined> =>
    parsePlain((await ask(session, command, signal)) ?? [], command.slice(2));
  const manufacturer = await plain('AT+CGMI');
  const model = await plain('AT+CGMM');
  const revision = await plain('AT+CGMR');
  const serial = parseImei((await ask(session, 'AT+CGSN', signal)) ?? []);
  if (channel.health.gnssLines >= GNSS_PROOF && !serial) return wrongDevice(session);
  if (manufacturer === undefined && model === undefined)
    return new WaymarkError('modem.error', `${options.port}: the device does not say what it is`);
  if (serial && !serial.luhn) session.log.warn('modem.imei', {}, 'The check digit of the IMEI is wrong.');
  const { profile, note } = chooseProfile(options.profile, manufacturer, model);
  if (note !== undefined && isNews(memory, note)) session.log.warn('modem.profile', { profile: profile.name }, note);
  session.profile = profile;
  channel.learn({ urcPrefixes: profile.urcPrefixes, vendor: profile.vendor });
  store.patch({
    manufacturer,
    model,
    revision,
    imei: serial?.imei,
    profile: profile.name,
    profileNote: note,
    dataPath: options.dataPath === 'ecm' ? store.current.dataPath : { kind: 'host', state: 'observed' },
  });
  for (const command of profile.setup) await ask(session, command, signal);
  await composeNetworkCard(session, signal);
  const functionality = (await ask(session, 'AT+CFUN?', signal)) ?? [];
  const level = intOf(splitFields(bodyOf(functionality[0] ?? '', '+CFUN') ?? '', 2)[0]?.text);
  if (level === 0 || level === 4) await ask(session, 'AT+CFUN=1', signal);
  session.isIdentified = true;
  return 'done';
}
