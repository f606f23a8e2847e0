// A Telit module whose deviceWISE client talks to a server written for the test, over a road in memory.
import { type Duplex, duplexPair } from 'node:stream';
import type { DeviceWiseOptions, DialTarget, SimModuleOptions } from '../../../src/sim/module/index.js';
import { type ClientPacket, type Connect, connack, cutPacket, pingresp, publish } from '../../../src/sim/mqtt-wire.js';
import { type Bench, bench, linesOf } from './bench.js';

export const TOKEN = 'Abcd1234Efgh5678';

export interface Asked {
  /** The number in its topic. */
  n: string;
  /** As it stood on the wire. */
  text: string;
  command: string;
  params: Record<string, unknown> | undefined;
}

/** Answers by the order of the day; what it returns is the part of command "1", undefined: no answer. */
export type Answer = (asked: Asked) => unknown;

export interface Server {
  readonly targets: DialTarget[];
  readonly connects: Connect[];
  readonly asked: Asked[];
  pings: number;
  disconnects: number;
  /** CONNACK code; undefined: silence. */
  connack: number | undefined;
  answersPings: boolean;
  answer: Answer;
  /** What the dial fails with instead. */
  dialError: Error | undefined;
  say(topic: string, payload: string): void;
  /** Bytes as they are. */
  raw(bytes: Uint8Array): void;
  /** Hangs up. */
  hangUp(): void;
}

export interface DeviceWiseBench extends Bench {
  server: Server;
  /** Lines of the answer, after everything that happens at once. */
  lines(line: string): Promise<string[]>;
  settle(): Promise<void>;
  /** Configured and connected. */
  connect(settings?: string): Promise<void>;
  /** Sends raw JSON; lines of the answer. */
  sendRaw(json: string): Promise<string[]>;
}

const GOOD = { success: true };

function createServer(): Server & { dial: (target: DialTarget) => Promise<Duplex> } {
  let road: Duplex | undefined;
  const take = (packet: ClientPacket): void => {
    if (packet.is === 'connect') {
      server.connects.push(packet);
      if (server.connack === undefined) return;
      road?.write(connack(server.connack));
      if (server.connack !== 0) road?.end();
    } else if (packet.is === 'ping') {
      server.pings++;
      if (server.answersPings) road?.write(pingresp());
    } else if (packet.is === 'disconnect') server.disconnects++;
    else if (packet.is === 'publish') {
      const text = packet.payload.toString();
      const { command, params } = (Object.values(JSON.parse(text) as object)[0] ?? {}) as Asked;
      const asked = { n: packet.topic.replace('api/', ''), text, command, params };
      server.asked.push(asked);
      const answer = server.answer(asked);
      if (answer !== undefined) server.say(`reply/${asked.n}`, JSON.stringify({ 1: answer }));
    }
  };
  const server = {
    targets: [] as DialTarget[],
    connects: [] as Connect[],
    asked: [] as Asked[],
    pings: 0,
    disconnects: 0,
    connack: 0 as number | undefined,
    answersPings: true,
    answer: (() => GOOD) as Answer,
    dialError: undefined as Error | undefined,
    say: (topic: string, payload: string) => server.raw(publish(topic, Buffer.from(payload))),
    raw: (bytes: Uint8Array) => void road?.write(bytes),
    hangUp: () => void road?.destroy(),
    dial(target: DialTarget): Promise<Duplex> {
      server.targets.push(target);
      if (server.dialError) return Promise.reject(server.dialError);
      const [theirs, ours] = duplexPair();
      road = ours;
      let received = Buffer.alloc(0);
      ours.on('data', (bytes: Buffer) => {
        received = Buffer.concat([received, bytes]);
        for (let cut = cutPacket(received); cut.is === 'packet'; cut = cutPacket(received)) {
          received = received.subarray(cut.length);
          take(cut.packet);
        }
      });
      ours.on('error', () => undefined);
      // A pair in memory does not tell its other half of a sudden end.
      ours.on('close', () => theirs.destroy());
      return Promise.resolve(theirs);
    },
  };
  return server;
}

export function deviceWiseBench(
  deviceWise: DeviceWiseOptions = {},
  options: Partial<SimModuleOptions> = {},
): DeviceWiseBench {
  const server = createServer();
  const made = bench({ chunking: 'one-byte', deviceWise: { dial: server.dial, ...deviceWise }, ...options });
  made.ask('ATE0+CMEE=0');
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 2; i++) await made.clock.advance(0);
  };
  const lines = async (line: string): Promise<string[]> => {
    made.heard();
    made.type(`${line}\r`);
    await settle();
    return linesOf(made.heard());
  };
  return {
    ...made,
    server,
    settle,
    lines,
    async connect(settings = `h.example:1883,0,${TOKEN},0,60,2,0,4,5`) {
      await lines(`AT#DWCFG=${settings}`);
      const answer = await lines('AT#DWCONN=1');
      if (answer.at(-1) !== 'OK') throw new Error(`not connected: ${answer.join()}`);
    },
    async sendRaw(json) {
      const bytes = Buffer.from(json);
      await lines(`AT#DWSENDR=${bytes.length}`);
      made.heard();
      made.type(bytes.toString('latin1'));
      await settle();
      return linesOf(made.heard());
    },
  };
}
