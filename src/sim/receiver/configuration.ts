// CFG-VALSET of the simulated receiver (specs/ublox.md 3.3): all or nothing, with a RAM layer that a restart loses.

/** Keys this receiver knows, by the names of the interface description. Value sizes are in the key itself. */
export const CFG = {
  uart1InSpartn: 0x10730005,
  usbInSpartn: 0x10770005,
  uart1OutUbx: 0x10740001,
  usbOutUbx: 0x10780001,
  spartnUseSource: 0x20a70001,
  navPvtUart1: 0x20910007,
  navPvtUsb: 0x20910009,
  rxmCorUart1: 0x209106b7,
  rxmCorUsb: 0x209106b9,
  ggaUart1: 0x209100bb,
  ggaUsb: 0x209100bd,
  nmeaHighPrecision: 0x10930006,
} as const;

const OTHERS: readonly number[] = [
  // SPARTN in on UART2 and I2C, RTCM3, UBX and NMEA in on every port: taken, without effect here.
  0x10750005, 0x10710005, 0x10730004, 0x10750004, 0x10770004, 0x10730001, 0x10730002, 0x10770001, 0x10770002,
  // NMEA out on UART1 and USB, ACKAIDING, UART1 baud rate, DGNSSMODE.
  0x10740002, 0x10780002, 0x10110025, 0x40520001, 0x20140011,
];

const DEFAULTS: ReadonlyMap<number, number> = new Map<number, number>([
  [CFG.uart1OutUbx, 1],
  [CFG.usbOutUbx, 1],
  [CFG.ggaUart1, 1],
  [CFG.ggaUsb, 1],
]);

const LAYER_RAM = 1;
const LAYERS_KEPT = 2 | 4;
/** Bytes of a value by the size code in bits 28..30 of its key. */
const VALUE_BYTES: readonly number[] = [0, 1, 1, 2, 4, 8];

export interface Configuration {
  /** Applies a VALSET payload; false (and nothing changed) when any key is unknown or refused, or the shape is wrong. */
  valset(payload: Uint8Array): boolean;
  get(key: number): number;
  /** Any of the keys set to something else than 0. */
  isOn(...keys: readonly number[]): boolean;
  /** RAM is forgotten, what was written to BBR or flash comes back. */
  restart(): void;
  /** Fault: these keys are unknown from now on, as on an older firmware. */
  refuse(keys: readonly number[]): void;
}

export function createConfiguration(): Configuration {
  const known = new Set<number>([...Object.values(CFG), ...OTHERS]);
  const kept = new Map<number, number>();
  let ram = new Map<number, number>();
  const get = (key: number): number => ram.get(key) ?? DEFAULTS.get(key) ?? 0;

  const parse = (payload: Uint8Array): [number, number][] | undefined => {
    const view = Buffer.from(payload);
    const entries: [number, number][] = [];
    let at = 4;
    while (at < view.length) {
      if (at + 4 > view.length) return undefined;
      const key = view.readUInt32LE(at);
      const size = VALUE_BYTES[(key >>> 28) & 7] ?? 0;
      at += 4;
      if (size === 0 || at + size > view.length || !known.has(key)) return undefined;
      entries.push([key, size === 8 ? Number(view.readBigUInt64LE(at)) : view.readUIntLE(at, size)]);
      at += size;
    }
    return entries;
  };

  return {
    get,
    isOn: (...keys) => keys.some((key) => get(key) !== 0),
    valset(payload) {
      const layers = payload[1] ?? 0;
      if (payload.length < 4 || layers === 0 || layers > 7) return false;
      const entries = parse(payload);
      if (!entries) return false;
      for (const [key, value] of entries) {
        if (layers & LAYER_RAM) ram.set(key, value);
        if (layers & LAYERS_KEPT) kept.set(key, value);
      }
      return true;
    },
    restart() {
      ram = new Map(kept);
    },
    refuse(keys) {
      for (const key of keys) known.delete(key);
    },
  };
}
