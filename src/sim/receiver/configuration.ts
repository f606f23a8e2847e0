// CFG-VALSET and CFG-VALGET of the simulated receiver (specs/ublox.md 3.3): all or nothing, with a RAM layer that a
// restart loses and two that it keeps.
import { type ConnectorChoice, type KeyFamily, keysOf, OPTIONAL_KEYS } from './configuration-keys.js';

const LAYER = { ram: 1, bbr: 2, flash: 4 } as const;
/** How CFG-VALGET names a layer. */
const ASKED = { ram: 0, bbr: 1, flash: 2, factory: 7 } as const;
/** Bytes of a value by the size code in bits 28..30 of its key. */
const VALUE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8];
/** Most items one message may have. */
const MAX_ITEMS = 64;
const HEAD_BYTES = 4;

const sizeOf = (key: number): number => VALUE_BYTES[(key >>> 28) & 7] ?? 0;

export interface ConfigurationOptions {
  /** Keys this receiver knows. */
  known: ReadonlySet<number>;
  factory: ReadonlyMap<number, number>;
}

export interface Configuration {
  /** Applies a VALSET payload; false (and nothing changed) when any key is unknown or refused, or the shape is wrong. */
  valset(payload: Uint8Array): boolean;
  /** The payload that answers a VALGET; undefined when a key is unknown, or not set in the layer asked. */
  valget(payload: Uint8Array): Uint8Array | undefined;
  get(key: number): number;
  /** Is it set to something else than 0 at the connector? */
  isOn(family: KeyFamily, connector: ConnectorChoice): boolean;
  /** Every how many epochs a message comes; 0: never. With several connectors the most frequent. */
  rate(family: KeyFamily, connector: ConnectorChoice): number;
  /** RAM is forgotten, what was written to BBR or flash comes back; with `toFactory` that is forgotten, too. */
  restart(toFactory?: boolean): void;
  /** Fault: these keys are unknown from now on, and no others. */
  refuse(keys: readonly number[], optionalToo?: boolean): void;
  /** Another receiver, or other factory values: what was set stays. */
  become(options: ConfigurationOptions): void;
}

export function createConfiguration(options: ConfigurationOptions): Configuration {
  let { known, factory } = options;
  let refused: ReadonlySet<number> = new Set();
  let refusesOptional = false;
  let ram = new Map<number, number>();
  const bbr = new Map<number, number>();
  const flash = new Map<number, number>();
  const get = (key: number): number => ram.get(key) ?? factory.get(key) ?? 0;
  const isKnown = (key: number): boolean =>
    known.has(key) && !refused.has(key) && !(refusesOptional && OPTIONAL_KEYS.has(key));

  const parse = (payload: Uint8Array): [number, number][] | undefined => {
    const view = Buffer.from(payload);
    const entries: [number, number][] = [];
    let at = HEAD_BYTES;
    while (at < view.length) {
      if (at + 4 > view.length) return undefined;
      const key = view.readUInt32LE(at);
      const size = sizeOf(key);
      at += 4;
      if (size === 0 || at + size > view.length || !isKnown(key)) return undefined;
      entries.push([key, size === 8 ? Number(view.readBigUInt64LE(at)) : view.readUIntLE(at, size)]);
      at += size;
    }
    return entries.length <= MAX_ITEMS ? entries : undefined;
  };

  const readFrom = (layer: number, key: number): number | undefined => {
    if (layer === ASKED.ram) return get(key);
    if (layer === ASKED.bbr) return bbr.get(key);
    if (layer === ASKED.flash) return flash.get(key);
    return layer === ASKED.factory ? (factory.get(key) ?? 0) : undefined;
  };

  return {
    get,
    isOn: (family, connector) => keysOf(family, connector).some((key) => get(key) !== 0),
    rate(family, connector) {
      const rates = keysOf(family, connector)
        .map(get)
        .filter((rate) => rate > 0);
      return rates.length > 0 ? Math.min(...rates) : 0;
    },
    valset(payload) {
      const [version = 0, layers = 0, transaction = 0] = payload;
      if (payload.length < HEAD_BYTES || layers === 0 || layers > 7) return false;
      // Version 1 has transactions; only a message on its own is understood here.
      if (version > 1 || (version === 1 && (transaction & 3) !== 0)) return false;
      const entries = parse(payload);
      if (!entries) return false;
      for (const [key, value] of entries) {
        if (layers & LAYER.ram) ram.set(key, value);
        if (layers & LAYER.bbr) bbr.set(key, value);
        if (layers & LAYER.flash) flash.set(key, value);
      }
      return true;
    },
    valget(payload) {
      const view = Buffer.from(payload);
      const count = (view.length - HEAD_BYTES) / 4;
      if (!Number.isInteger(count) || count < 1 || count > MAX_ITEMS || view[0] !== 0) return undefined;
      const answer: Buffer[] = [Buffer.from([1, view.readUInt8(1), view.readUInt8(2), view.readUInt8(3)])];
      for (let at = HEAD_BYTES; at < view.length; at += 4) {
        const key = view.readUInt32LE(at);
        const value = isKnown(key) ? readFrom(view.readUInt8(1), key) : undefined;
        if (value === undefined) return undefined;
        const item = Buffer.alloc(4 + sizeOf(key));
        item.writeUInt32LE(key);
        item.writeUIntLE(value, 4, sizeOf(key));
        answer.push(item);
      }
      return Buffer.concat(answer);
    },
    restart(toFactory = false) {
      if (toFactory) {
        bbr.clear();
        flash.clear();
      }
      ram = new Map([...flash, ...bbr]);
    },
    refuse(keys, optionalToo = false) {
      refused = new Set(keys);
      refusesOptional = optionalToo;
    },
    become(next) {
      ({ known, factory } = next);
    },
  };
}
