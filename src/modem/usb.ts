// What a USB serial port is for, by the table of known devices: the families' layouts and those of receivers.
import type { TtyPort } from '../link/index.js';
import type { PortRole, Profile, UsbLayout } from './profile.js';
import { PROFILES } from './profiles/all.js';
import { GNSS_USB_LAYOUTS } from './profiles/receivers.js';

export interface KnownPort {
  /** `ignore` also for interfaces that the layout does not name, and for every port of a download mode. */
  readonly role: PortRole;
  /** What people call the device. */
  readonly module: string;
  readonly layout: UsbLayout;
  /** Absent for receivers. */
  readonly profile?: Profile;
}

function layoutOf(vendorId: string, productId: string): { layout: UsbLayout; profile?: Profile } | undefined {
  const fits = (layout: UsbLayout): boolean => layout.vendorId === vendorId && layout.productId === productId;
  for (const profile of PROFILES) {
    const layout = profile.usb.find(fits);
    if (layout) return { layout, profile };
  }
  const layout = GNSS_USB_LAYOUTS.find(fits);
  return layout && { layout };
}

/** What the table of USB identities says of a port; undefined for a device that it does not know. */
export function roleOf(port: TtyPort): KnownPort | undefined {
  const { usb } = port;
  const found = usb && layoutOf(usb.vendorId, usb.productId);
  if (!found) return undefined;
  const { layout } = found;
  const roles = Object.values(layout.roles);
  // A device with one port needs no number.
  const only = roles.every((role) => role === roles[0]) ? roles[0] : undefined;
  const named = usb.interfaceNumber === undefined ? only : layout.roles[usb.interfaceNumber];
  return { ...found, module: layout.module, role: layout.isDownloadMode ? 'ignore' : (named ?? 'ignore') };
}

/** Roles in words, as lists of ports show them. */
export const ROLE_WORDS: Readonly<Record<PortRole, string>> = {
  at: 'AT',
  at2: 'second AT',
  data: 'data',
  nmea: 'NMEA',
  gnss: 'receiver',
  diag: 'diagnostics',
  audio: 'audio',
  log: 'logging',
  ignore: 'not for use',
};
