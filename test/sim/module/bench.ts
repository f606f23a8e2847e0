// A module on a port in memory: what is sent comes back as one text.
import { createFakeClock, type FakeClock, silentLogger } from '../../../src/core/index.js';
import { createSimModule, type SimModule, type SimModuleOptions } from '../../../src/sim/module/index.js';
import type { PortLike } from '../../../src/sim/plug.js';

export interface Bench {
  module: SimModule;
  clock: FakeClock;
  /** Types bytes at the module. */
  type(text: string): void;
  /** Sends a command line and returns what came back at once, echo included. */
  ask(line: string): string;
  /** All output since the last call. */
  heard(): string;
  /** Sizes of the writes so far. */
  writes: number[];
}

/** Without latency unless options say otherwise: answers come in the same tick and the module is registered at once. */
export function bench(options: Partial<SimModuleOptions> = {}): Bench {
  const clock = createFakeClock(Date.UTC(2026, 5, 15, 11, 0, 0));
  let output = '';
  const writes: number[] = [];
  let toModule: (bytes: Uint8Array) => void = () => undefined;
  const module = createSimModule({
    port: {
      write(bytes) {
        writes.push(bytes.length);
        output += Buffer.from(bytes).toString('latin1');
      },
      onBytes(cb) {
        toModule = cb;
        return () => {
          toModule = () => undefined;
        };
      },
    },
    clock,
    log: silentLogger,
    boot: 0,
    latencyScale: 0,
    ...options,
  });
  const heard = (): string => {
    const text = output;
    output = '';
    return text;
  };
  const type = (text: string): void => toModule(Buffer.from(text, 'latin1'));
  return {
    module,
    clock,
    type,
    heard,
    writes,
    ask(line) {
      heard();
      type(`${line}\r`);
      return heard();
    },
  };
}

/** The lines of an answer without blanks, for tests that are not about bytes. */
export const linesOf = (text: string): string[] => text.split(/[\r\n]+/).filter((line) => line !== '');

/** A port in memory and the program at its other end. */
export function memoryPort(): { port: PortLike; type(text: string): void; heard(): string; ask(line: string): string } {
  let output = '';
  let toModule: (bytes: Uint8Array) => void = () => undefined;
  const heard = (): string => {
    const text = output;
    output = '';
    return text;
  };
  const type = (text: string): void => toModule(Buffer.from(text, 'latin1'));
  return {
    port: {
      write(bytes) {
        output += Buffer.from(bytes).toString('latin1');
      },
      onBytes(cb) {
        toModule = cb;
        return () => {
          toModule = () => undefined;
        };
      },
    },
    type,
    heard,
    ask(line) {
      heard();
      type(`${line}\r`);
      return heard();
    },
  };
}

/** Echo off and errors as numbers. */
export function quiet(options: Partial<SimModuleOptions> = {}): Bench {
  const made = bench(options);
  made.ask('ATE0+CMEE=1');
  return made;
}

export const FAMILY_NAMES = ['telit', 'ublox', 'quectel'] as const;
