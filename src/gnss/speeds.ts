// Which line speeds are tried when nothing understandable comes from a receiver, and on which ports that makes sense.

/** Speeds that receivers are set to in the field, the likeliest first (u-blox leaves the factory at 38 400 or 9600). */
export const LINE_SPEEDS = [38_400, 9600, 115_200, 230_400, 460_800, 921_600] as const;

/** The speed found last, then the configured one, then the usual ones; each once. */
export function speedsToTry(configured: number, lastFound?: number): number[] {
  return [...new Set([...(lastFound === undefined ? [] : [lastFound]), configured, ...LINE_SPEEDS])];
}

const BY_ID_USB = /\/by-id\/usb-/;
/** What udev appends for the ports of an adapter chip, and never for a device that speaks USB itself. */
const ADAPTER_PORT = /-port\d+$/;

/** A port of a device that speaks USB itself: its line speed is a number without effect, and nothing is lost on it. */
export function isNativeUsb(path: string): boolean {
  return /\/ttyACM\d+$/.test(path) || (BY_ID_USB.test(path) && !ADAPTER_PORT.test(path));
}

/** A device path whose line speed matters: a UART of the board, or one behind a USB adapter chip. */
export function hasLineSpeed(path: string): boolean {
  return path.startsWith('/') && !isNativeUsb(path);
}
