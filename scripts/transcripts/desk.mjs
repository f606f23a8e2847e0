// A simulated module on a desk, its client connected to the simulated platform by a wire in memory. Every line carries the
// seconds since the beginning, and whose it is:
//
//   >  typed at the module        <  said by the module        *  on the wire between the module and deviceWISE
//
// Nothing is random, and the clock stands still but for what a scene waits: the same scene gives the same text.
import { duplexPair } from 'node:stream';
import { register } from 'tsx/esm/api';

const unregister = register();
const { createFakeClock, silentLogger } = await import('../../src/core/index.ts');
const { createSimModule } = await import('../../src/sim/module/index.ts');
const { cutPacket, cutServerPacket } = await import('../../src/sim/mqtt-wire.ts');
const { createDeviceWisePlatform, DEFAULT_DEVICEWISE_FRONT } = await import('../../src/sim/clouds/devicewise/index.ts');
const { createFaultQueue } = await import('../../src/sim/clouds/devicewise/faults.ts');
const { createFrontLedger } = await import('../../src/sim/clouds/devicewise/front-ledger.ts');
const { startSession } = await import('../../src/sim/clouds/devicewise/session.ts');
await unregister();

export const TOKEN = 'Abcd1234Efgh5678';
export const SERVER = 'api-de.devicewise.com';
/** Any text of this form will do: there is no TLS on this wire. */
export const AUTHORITY = `-----BEGIN CERTIFICATE-----\n${`${'A'.repeat(64)}\n`.repeat(18)}-----END CERTIFICATE-----\n`;

const STEP_MS = 50;
const ANSWER_MS = 60_000;
const CTRL_Z = '\x1a';
const FINAL = /^(?:OK|ERROR|\+CM[ES] ERROR: .*|> ?)$/;
/** Longer ones of the wire are cut: they are only looked at. */
const MAX_SHOWN = 110;

const cut = (text) => (text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 2)} …` : text);

/** A powered module on the network, echo off, and the platform with one app token. */
export async function openDesk() {
  const clock = createFakeClock(Date.UTC(2026, 0, 2, 3, 4, 5));
  const platform = createDeviceWisePlatform({ clock, log: silentLogger, seed: 'transcripts' });
  platform.tokens.add({ text: TOKEN });
  const shown = [];
  let zeroMs = 0;
  /** True: as much as fits; `whole`: everything; false: nothing. */
  let wireShown = true;
  let isMuted = true;
  let heard = '';
  /** Lines of the answer to the command under way. */
  let answer = [];
  let type = () => undefined;

  const say = (mark, text) => {
    if (!isMuted) shown.push(`${((clock.mono() - zeroMs) / 1000).toFixed(1).padStart(6)}  ${mark} ${text}`);
  };
  const hear = (bytes) => {
    heard += Buffer.from(bytes).toString('utf8');
    for (;;) {
      const end = heard.indexOf('\r\n');
      // A prompt has no end of its own.
      const line = end < 0 && heard === '> ' ? heard : end < 0 ? undefined : heard.slice(0, end);
      if (line === undefined) return;
      heard = end < 0 ? '' : heard.slice(end + 2);
      if (line === '') continue;
      say('<', line.trimEnd());
      answer.push(line);
    }
  };

  // ---- the wire
  const shared = {
    clock,
    platform,
    settings: () => ({ ...platform.settings, ...DEFAULT_DEVICEWISE_FRONT }),
    faults: createFaultQueue(),
    ledger: createFrontLedger(),
    random: () => 0,
    onUp: (session) => {
      sessions.add(session);
      platform.setConnected(session.thingKey, true);
    },
    onOver: (session) => void sessions.delete(session),
  };
  const sessions = new Set();
  platform.onMailbox((key) => {
    for (const session of sessions) if (session.thingKey === key) session.notify();
  });
  const wire = (mark, text) => {
    if (wireShown) say('*', wireShown === 'whole' ? `${mark} ${text}` : cut(`${mark} ${text}`));
  };
  const fromModule = (packet) => {
    if (packet.is === 'connect')
      wire(
        '→',
        `CONNECT ${packet.level === 3 ? 'MQTT 3.1' : 'MQTT 3.1.1'}, client ${packet.clientId}, user ${packet.userName}, keep-alive ${packet.keepaliveS}`,
      );
    else if (packet.is === 'publish') wire('→', `${packet.topic} ${packet.payload.toString()}`);
    else if (packet.is === 'disconnect') wire('→', 'DISCONNECT');
  };
  const fromServer = (packet) => {
    if (packet.is === 'connack') wire('←', `CONNACK ${packet.code}`);
    else if (packet.is === 'publish') wire('←', `${packet.topic} ${packet.payload.toString()}`);
  };
  const tap = (read, note) => {
    let bytes = Buffer.alloc(0);
    return (part) => {
      bytes = Buffer.concat([bytes, part]);
      for (let next = read(bytes); next.is === 'packet'; next = read(bytes)) {
        bytes = bytes.subarray(next.length);
        note(next.packet);
      }
    };
  };
  const dial = async () => {
    const [theirs, ours] = duplexPair();
    const note = { out: tap(cutPacket, fromModule), in: tap(cutServerPacket, fromServer) };
    ours.on('data', note.out);
    theirs.on('data', note.in);
    // A pair in memory does not tell its other half of a sudden end.
    ours.on('close', () => theirs.destroy());
    theirs.on('close', () => ours.destroy());
    startSession(ours, { isTls: true, isSilent: () => false }, shared);
    return theirs;
  };

  const module = createSimModule({
    port: {
      write: hear,
      onBytes(cb) {
        type = (text) => cb(Buffer.from(text, 'utf8'));
        return () => undefined;
      },
    },
    ...{ clock, log: silentLogger, chunking: 'whole', boot: 0, hasInitialBearer: false },
    deviceWise: { dial },
  });
  platform.configure({ replyMs: 300 });

  /** Until `isDone` says so, at most `maxMs`. */
  const until = async (isDone, maxMs) => {
    for (let ms = 0; !isDone() && ms < maxMs; ms += STEP_MS) await clock.advance(STEP_MS);
  };
  const isAnswered = () => answer.some((line) => FINAL.test(line));

  const desk = {
    module,
    platform,
    get thing() {
      return module.state.identity.imei;
    },
    /** Says it to the reader. */
    note: (text) => !isMuted && shown.push(`        # ${text}`),
    /** Types a line and waits for its final result; gives the lines of the answer. */
    async at(line) {
      await clock.advance(STEP_MS);
      say('>', line);
      answer = [];
      type(`${line}\r`);
      await until(isAnswered, ANSWER_MS);
      return answer;
    },
    /** Types a line that asks for bytes, and the bytes. */
    async prompted(line, text, { isClosed = false, shownAs = text } = {}) {
      await desk.at(line);
      await clock.advance(STEP_MS);
      say('>', shownAs);
      answer = [];
      type(text);
      // Behind a count that is full it would be the beginning of the next line.
      if (isClosed) type(CTRL_Z);
      await until(isAnswered, ANSWER_MS);
      return answer;
    },
    raw: (request) => {
      const text = typeof request === 'string' ? request : JSON.stringify(request);
      return desk.prompted(`AT#DWSENDR=${Buffer.byteLength(text)}`, text);
    },
    wait: (ms) => clock.advance(ms),
    /** Waits for the next ring. */
    async ring(maxMs = 40_000) {
      const from = answer.length;
      await until(() => answer.slice(from).some((line) => line.startsWith('#DWRING')), maxMs);
    },
    /** What of the wire is shown from now on: true, false, or `whole`. */
    wire: (what) => {
      wireShown = what;
    },
    /** What is done meanwhile is not shown, and takes no time on the page. */
    async quietly(work) {
      const [wasMuted, sinceMs] = [isMuted, clock.mono()];
      isMuted = true;
      await work();
      isMuted = wasMuted;
      zeroMs += clock.mono() - sinceMs;
    },
    /** The usual beginning: context, TLS, parameters, connected. */
    connected: (token = TOKEN) =>
      desk.quietly(async () => {
        await desk.ready(token);
        const lines = await desk.at('AT#DWCONN=1');
        if (token === TOKEN && !lines.includes('OK')) throw new Error(`not connected: ${lines.join()}`);
        await clock.advance(2000);
      }),
    async ready(token = TOKEN) {
      await desk.at('AT#SGACT=1,1');
      await desk.at('AT#SSLEN=1,1');
      await desk.at(`AT#DWCFG=${SERVER}:8883,0,${token},1,60,0,0,4,5`);
    },
    close: () => shown.join('\n'),
  };
  await clock.advance(60_000);
  await desk.at('ATE0');
  isMuted = false;
  zeroMs = clock.mono();
  return desk;
}
