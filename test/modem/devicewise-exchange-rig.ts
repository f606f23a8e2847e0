// The exchange over the real channel, at a scripted module whose deviceWISE client answers as specs/devicewise.md 1.7 and
// 1.8 say. Knobs are fields that a test sets.
import {
  createFakeClock,
  type FakeClock,
  type LogFields,
  type Logger,
  silentLogger,
  type Tr50Command,
  type Tr50Outcome,
} from '../../src/core/index.js';
import { createExchange } from '../../src/modem/apps/devicewise/exchange.js';
import type { Exchange, ExchangeOptions } from '../../src/modem/apps/devicewise/types.js';
import { type AtChannel, createAtChannel } from '../../src/modem/index.js';
import { during } from './during.js';
import { type Cutter, createFakeModule, type FakeModule } from './fake-module.js';

export interface Waiting {
  id: number;
  type: 1 | 2 | 3;
  error: 0 | 1;
  data: Buffer;
}

/** What the module heard of one request. */
export interface Heard {
  id: number;
  way: 'formatted' | 'raw';
  /** As written: the line behind its type, or the bytes. */
  text: string;
}

export interface Client {
  seq: number;
  status: 0 | 1 | 2 | 3;
  inbox: Waiting[];
  readonly heard: Heard[];
  /** What the cloud says; undefined: nothing. Default: success. */
  reply: (heard: Heard) => { error?: 0 | 1; data: string } | undefined;
  replyMs: number;
  /** Answers and methods ring; off: they wait in silence. */
  rings: boolean;
  /** Every answer has the id 1. */
  isConstantId: boolean;
  /** Before the ring, and between echo and result. */
  storm: string[];
  /** Rings come between the command and its result. */
  isRingEarly: boolean;
  /** Blanks and leading zeros wherever they may be. */
  isPadded: boolean;
  gone: string[];
  put(message: Omit<Waiting, 'id'> & { id?: number }): void;
  method(text: string, id?: number): void;
}

const OK_RAW = '{"1":{"success":true}}';

function createClient(module: FakeModule, clock: FakeClock): Client {
  const client: Client = {
    seq: 1,
    status: 2,
    inbox: [],
    heard: [],
    reply: ({ way }) => ({ data: way === 'raw' ? OK_RAW : 'OK' }),
    replyMs: 300,
    rings: true,
    isConstantId: false,
    storm: [],
    isRingEarly: false,
    isPadded: false,
    gone: ['ERROR'],
    put({ id, ...message }) {
      if (client.inbox.length >= 20) return;
      const own = id ?? nextId();
      client.inbox.push({ id: own, ...message });
      for (const line of client.storm) module.line(line);
      const padded = client.isPadded ? ' ' : '';
      if (client.rings)
        module.line(`#DWRING: ${padded}${message.type},${padded}${own},${padded}${message.data.length}${padded}`);
    },
    method(text, id) {
      client.put({ type: 3, error: 0, data: Buffer.from(text), ...(id === undefined ? {} : { id }) });
    },
  };
  const nextId = (): number => {
    client.seq = client.seq >= 65_536 ? 1 : client.seq + 1;
    return client.seq;
  };

  const accept = (way: Heard['way'], text: string): void => {
    if (client.status !== 2) {
      module.answer('ERROR');
      return;
    }
    const heard = { id: nextId(), way, text };
    client.heard.push(heard);
    const answer = client.reply(heard);
    const put = (): void => {
      if (answer)
        client.put({
          id: client.isConstantId ? 1 : heard.id,
          type: way === 'raw' ? 2 : 1,
          error: answer.error ?? 0,
          data: Buffer.from(answer.data),
        });
    };
    for (const line of client.storm) module.line(line);
    if (client.isRingEarly) put();
    module.answer(`#DWSEND${way === 'raw' ? 'R' : ''}: ${client.isPadded ? ' ' : ''}${heard.id}`, 'OK');
    if (!client.isRingEarly) clock.after(client.replyMs, put);
  };

  const fetch = (id: number, isRaw: boolean): void => {
    const at = client.inbox.findIndex((one) => one.id === id && (one.type === 2) === isRaw);
    const message = client.inbox[at];
    if (!message) {
      module.answer(...client.gone);
      return;
    }
    client.inbox.splice(at, 1);
    const blank = client.isPadded ? ' ' : '';
    const header = `#DW${isRaw ? 'R' : ''}DATA: ${blank}${id},${blank}${message.error},${blank}${message.data.length}${blank},`;
    module.send(Buffer.concat([Buffer.from(`\r\n${header}`), message.data, Buffer.from('\r\n\r\nOK\r\n')]));
  };

  module.behaviours.push((command) => {
    const formatted = /^AT#DWSEND=0,(.*)$/.exec(command)?.[1];
    const raw = /^AT#DWSENDR=(\d+)$/.exec(command)?.[1];
    const [, kind, id] = /^AT#DWRCV(R?)=(\d+)$/.exec(command) ?? [];
    if (formatted !== undefined) accept('formatted', formatted);
    else if (raw !== undefined) {
      const count = Number(raw);
      if (client.status !== 2 || count > 1500) module.answer('ERROR');
      else {
        module.takeBytes(count, (bytes) => accept('raw', bytes.toString('utf8')));
        module.send('\r\n> ');
      }
    } else if (id !== undefined) fetch(Number(id), kind === 'R');
    else if (command === 'AT#DWLRCV')
      module.answer(
        `#DWLRCV: ${[client.inbox.length, ...client.inbox.flatMap((one) => [one.id, one.data.length])].join(',')}`,
        'OK',
      );
    else if (command === 'AT#DWCONN?') module.answer(`#DWCONN: 1,${client.status}`, 'OK');
    else return false;
    return true;
  });
  return client;
}

export interface ExchangeRig {
  module: FakeModule;
  channel: AtChannel;
  clock: FakeClock;
  client: Client;
  exchange: Exchange;
  logged: { event: string; fields: LogFields | undefined }[];
  suspects: () => number;
  /** Every line to and from the module, as a transcript shows it. */
  transcript: string[];
  /** The outcome; time goes on until it is there. */
  ask(command: Tr50Command, signal?: AbortSignal): Promise<Tr50Outcome>;
  drain(): Promise<unknown>;
  /** Commands that begin so. */
  sent(prefix: string): string[];
}

export const ONE_BYTE: Cutter = (bytes) => Array.from(bytes, (byte) => Uint8Array.of(byte));

export async function exchangeRig(
  options: ExchangeOptions & { cut?: Cutter; echo?: boolean } = {},
): Promise<ExchangeRig> {
  const module = createFakeModule(options.cut ? { cut: options.cut } : {});
  module.state.echo = options.echo ?? false;
  const clock = createFakeClock();
  const client = createClient(module, clock);
  const logged: ExchangeRig['logged'] = [];
  const note = (event: string, fields?: LogFields): void => void logged.push({ event, fields });
  const log: Logger = { ...silentLogger, debug: note, info: note, warn: note, error: note };
  const transcript: string[] = [];
  let suspects = 0;
  const link = await module.open({ address: 'fake', baudRate: 115_200 }, {});
  const channel = createAtChannel(
    {
      link,
      clock,
      log: silentLogger,
      counters: { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 },
      transcript: (direction, line) => transcript.push(`${direction} ${line}`),
    },
    { commandGapMs: 0 },
  );
  const exchange = createExchange(
    {
      run: channel.run,
      prompted: channel.prompted,
      urcs: channel.urcs,
      clock,
      log,
      onSuspect: () => {
        suspects++;
      },
    },
    options.formatted === undefined ? {} : { formatted: options.formatted },
  );
  const { signal: never } = new AbortController();
  return {
    module,
    channel,
    clock,
    client,
    exchange,
    logged,
    transcript,
    suspects: () => suspects,
    ask: async (command, signal = never) =>
      (await during(clock, exchange.request(command, { signal }), 200_000)) as Tr50Outcome,
    drain: () => during(clock, exchange.drain({ signal: never })),
    sent: (prefix) => module.received.filter((command) => command.startsWith(prefix)),
  };
}

/** Methods that have come so far. */
export function heardMethods(exchange: Exchange): { method: string; id: string; params: unknown }[] {
  const heard: { method: string; id: string; params: unknown }[] = [];
  void (async () => {
    for await (const call of exchange.methods) heard.push(call);
  })();
  return heard;
}

export const PING: Tr50Command = { command: 'diag.ping' };
export const TEMP: Tr50Command = { command: 'property.publish', params: { key: 'temp', value: 22.5 } };
