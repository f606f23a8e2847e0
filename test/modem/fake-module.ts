// A small scripted module on the far end of a memory link: healthy by default, faults are behaviours put in front.

import { WaymarkError } from '../../src/core/index.js';
import type { LinkOpener } from '../../src/link/index.js';
import { type Link, memoryLinkPair } from '../../src/link/index.js';

/** Returns true when it has dealt with the command. */
export type Behaviour = (command: string, module: FakeModule) => boolean;

export interface FakeModule {
  readonly open: LinkOpener;
  /** Commands in order, without CR. */
  readonly received: string[];
  /** Every byte that came. */
  readonly raw: () => Buffer;
  readonly behaviours: Behaviour[];
  /** What the healthy module knows. */
  readonly state: {
    echo: boolean;
    cpin: string;
    registration: Record<string, string>;
    modes: Record<string, number>;
    contexts: Map<number, { type: string; apn: string; active: boolean }>;
    dwcfg: string | undefined;
    clock: string;
    plugged: boolean;
    manufacturer: string;
    /** `cpin` is what it asks for; `pin` opens it. */
    card: { pin: string; tries: number; pinIsOn: boolean; iccid: string };
    copsFormat: number;
    attached: boolean;
  };
  /** Bytes to the host, as they are. */
  send(bytes: string | Uint8Array): void;
  /** A line framed as modules do. */
  line(text: string): void;
  answer(...lines: string[]): void;
  /** Takes the next `count` bytes from the host as data. */
  takeBytes(count: number, done: (bytes: Buffer) => void): void;
  unplug(): Promise<void>;
  readonly opens: () => number;
}

/** How bytes are cut before they are sent; default whole. */
export type Cutter = (bytes: Buffer) => readonly Uint8Array[];

const IDENTITY: Record<string, string[]> = {
  'AT+CGMM': ['LE910C1-EUX'],
  'AT+CGMR': ['25.30.206'],
  'AT+CGSN': ['356938035643809'],
  'AT+CIMI': ['204046620123456'],
  'AT+CSQ': ['+CSQ: 20,99'],
  'AT+CESQ': ['+CESQ: 99,99,255,255,20,55'],
  'AT+CMEE?': ['+CMEE: 1'],
};

export function createFakeModule(options: { cut?: Cutter } = {}): FakeModule {
  let far: Link | undefined;
  let opens = 0;
  let line = '';
  let data: { left: number; parts: Buffer[]; done: (bytes: Buffer) => void } | undefined;
  const heard: Buffer[] = [];
  const state: FakeModule['state'] = {
    echo: true,
    cpin: 'READY',
    registration: { '+CEREG': '1,"1F00","0079D903",7', '+CGREG': '1,"1F00","0079D903",7', '+CREG': '1' },
    modes: { '+CEREG': 0, '+CGREG': 0, '+CREG': 0 },
    contexts: new Map([[1, { type: 'IPV4V6', apn: 'iot.example', active: true }]]),
    dwcfg: 'api.vendor.example:8883,0,FactoryToken00,1,60,2,0,4,5,0,0,0',
    clock: '"26/02/03,10:20:30+04"',
    plugged: true,
    manufacturer: 'Telit',
    card: { pin: '4321', tries: 3, pinIsOn: false, iccid: '89310410106543789301' },
    copsFormat: 0,
    attached: true,
  };

  const module: FakeModule = {
    open: async () => {
      if (!state.plugged) throw new WaymarkError('link.absent', 'fake: not plugged in');
      opens++;
      const [near, end] = memoryLinkPair();
      far = end;
      line = '';
      data = undefined;
      void (async () => {
        for await (const chunk of end.bytes) for (const byte of chunk) take(byte);
      })();
      return near;
    },
    received: [],
    raw: () => Buffer.concat(heard),
    behaviours: [],
    state,
    send(bytes) {
      const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
      for (const part of options.cut ? options.cut(buffer) : [buffer]) far?.write(part).catch(() => undefined);
    },
    line: (text) => module.send(`\r\n${text}\r\n`),
    answer: (...lines) => module.send(lines.map((text) => `\r\n${text}\r\n`).join('')),
    takeBytes(count, done) {
      data = { left: count, parts: [], done };
    },
    async unplug() {
      state.plugged = false;
      await far?.[Symbol.asyncDispose]();
    },
    opens: () => opens,
  };

  function take(byte: number): void {
    heard.push(Buffer.of(byte));
    if (data) {
      data.parts.push(Buffer.of(byte));
      if (--data.left === 0) {
        const { done, parts } = data;
        data = undefined;
        done(Buffer.concat(parts));
      }
      return;
    }
    if (byte !== 0x0d) {
      line += String.fromCharCode(byte);
      return;
    }
    const command = line;
    line = '';
    module.received.push(command);
    if (state.echo) module.send(`${command}\r`);
    if (module.behaviours.some((behaviour) => behaviour(command, module))) return;
    module.answer(...healthy(command));
  }

  function healthy(command: string): string[] {
    const fixed = IDENTITY[command];
    if (fixed) return [...fixed, 'OK'];
    const card = cardAnswer(command);
    if (card) return card;
    const cops = /^AT\+COPS=3,(\d)$/.exec(command);
    if (cops) {
      state.copsFormat = Number(cops[1]);
      return ['OK'];
    }
    const attach = /^AT\+CGATT=([01])$/.exec(command);
    if (attach) {
      state.attached = attach[1] === '1';
      return ['OK'];
    }
    const registration = /^AT(\+C(?:|G|E)REG)(\?|=(\d))$/.exec(command);
    if (registration) {
      const name = registration[1] ?? '';
      if (registration[3] !== undefined) {
        state.modes[name] = Number(registration[3]);
        return ['OK'];
      }
      return [`${name}: ${state.modes[name]},${state.registration[name]}`, 'OK'];
    }
    switch (command) {
      case 'ATE0':
        state.echo = false;
        return ['OK'];
      case 'AT+CGMI':
        return [state.manufacturer, 'OK'];
      case 'AT+COPS?':
        return [state.copsFormat === 2 ? '+COPS: 0,2,"20404",7' : '+COPS: 0,0,"Example Mobile",7', 'OK'];
      case 'AT+CGATT?':
        return [`+CGATT: ${state.attached ? 1 : 0}`, 'OK'];
      case 'AT+CPIN?':
        return [
          state.cpin.startsWith('+CME') ? state.cpin : `+CPIN: ${state.cpin}`,
          ...(state.cpin.startsWith('+CME') ? [] : ['OK']),
        ];
      case 'AT+CFUN?':
        return ['+CFUN: 1', 'OK'];
      case 'AT+CCLK?':
        return [`+CCLK: ${state.clock}`, 'OK'];
      case 'AT+CGDCONT?':
        return [...[...state.contexts].map(([id, c]) => `+CGDCONT: ${id},"${c.type}","${c.apn}","",0,0`), 'OK'];
      case 'AT+CGACT?':
        return [...[...state.contexts].map(([id, c]) => `+CGACT: ${id},${c.active ? 1 : 0}`), 'OK'];
      case 'AT#SGACT?':
        return [...[...state.contexts].map(([id, c]) => `#SGACT: ${id},${c.active ? 1 : 0}`), 'OK'];
      case 'AT#DWCFG=?':
        return [state.dwcfg === undefined ? '+CME ERROR: 4' : 'OK'];
      case 'AT#DWCFG?':
        return state.dwcfg === undefined ? ['+CME ERROR: 4'] : [`#DWCFG: ${state.dwcfg}`, 'OK'];
      default:
    }
    const dwcfg = /^AT#DWCFG=(.*)$/.exec(command);
    if (dwcfg) {
      state.dwcfg = `${dwcfg[1]},0,0,0`;
      return ['OK'];
    }
    const define = /^AT\+CGDCONT=(\d+),"([^"]*)","([^"]*)"$/.exec(command);
    if (define) {
      state.contexts.set(Number(define[1]), { type: define[2] ?? '', apn: define[3] ?? '', active: false });
      return ['OK'];
    }
    const activate = /^AT#SGACT=(\d+),([01])$/.exec(command);
    if (activate) {
      const context = state.contexts.get(Number(activate[1]));
      if (!context) return ['+CME ERROR: 556'];
      context.active = activate[2] === '1';
      return [...(context.active ? ['#SGACT: 10.20.30.40'] : []), 'OK'];
    }
    const address = /^AT\+CGPADDR=(\d+)$/.exec(command);
    if (address) return [`+CGPADDR: ${address[1]},"10.20.30.40"`, 'OK'];
    return [/^AT(?:$|[EV&]|\+CMEE=|\+CTZU|#QSS=|#NITZ=|\+COPS=|\+CFUN=|#REBOOT)/.test(command) ? 'OK' : 'ERROR'];
  }
  /** What a card that is there answers; one that is not refuses all but its state. */
  function cardAnswer(command: string): string[] | undefined {
    const { card } = state;
    if (!/^AT(?:#CCID|\+CPINR|\+CLCK="SC",2|\+CPIN=.*)$/.test(command)) return undefined;
    if (state.cpin.startsWith('+CME')) return [state.cpin];
    if (command === 'AT#CCID') return [`#CCID: ${card.iccid}`, 'OK'];
    if (command === 'AT+CPINR') return [`+CPINR: SIM PIN,${card.tries},3`, '+CPINR: SIM PUK,10,10', 'OK'];
    if (command.startsWith('AT+CLCK')) return [`+CLCK: ${card.pinIsOn ? 1 : 0}`, 'OK'];
    if (state.cpin !== 'SIM PIN') return ['+CME ERROR: 3'];
    if (command === `AT+CPIN="${card.pin}"`) {
      state.cpin = 'READY';
      card.tries = 3;
      return ['OK'];
    }
    card.tries--;
    if (card.tries === 0) state.cpin = 'SIM PUK';
    return ['+CME ERROR: 16'];
  }
  return module;
}
