// Which USB device the module is to the host, and whether its network card is connected (specs/modem.md 2.8).
import { intOf, textsOf } from './fields.js';

/** Telit `#USBCFG: <n>`; which number means what differs by family. */
export function parseUsbcfg(line: string): number | undefined {
  return intOf(textsOf(line, '#USBCFG', 2)?.[0]);
}

/** Telit `#ECM: <device>,<state>`: true when the network card is connected. */
export function parseEcm(line: string): boolean | undefined {
  const state = intOf(textsOf(line, '#ECM', 4)?.[1]);
  return state === undefined ? undefined : state > 0;
}

/** Quectel `+QCFG: "usbnet",<n>`: 0 RMNET, 1 ECM, 2 MBIM, 3 RNDIS. */
export function parseUsbnet(line: string): number | undefined {
  const [name, value] = textsOf(line, '+QCFG', 4) ?? [];
  return name?.toLowerCase() === 'usbnet' ? intOf(value) : undefined;
}

/** u-blox `+UUSBCONF: 2,"ECM",,"0x1143"`: the name of the mode. */
export function parseUusbconf(line: string): string | undefined {
  const texts = textsOf(line, '+UUSBCONF', 6);
  return intOf(texts?.[0]) === undefined ? undefined : texts?.[1];
}
