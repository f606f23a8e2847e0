// What hangs on the USB ports of the simulated machine: identities and interfaces as the real devices have them
// (specs/modem.md 2.1), with what is behind each serial port.
import type { SimProfile } from './profile.js';

/** `diag` and `foreign` never say a word. */
export type PortRole = 'at' | 'at2' | 'nmea' | 'diag' | 'receiver' | 'foreign';
export const USB_DEVICES = ['modem', 'receiver', 'foreign'] as const;
export type UsbDeviceName = (typeof USB_DEVICES)[number];

export interface UsbInterfaceLayout {
  number: number;
  /** Class, subclass and protocol, two hex digits each. */
  class: readonly [string, string, string];
  driver: string;
  /** What its serial port is; without one the interface has none. */
  role?: PortRole;
}

export interface UsbDeviceLayout {
  name: UsbDeviceName;
  /** Name in sysfs; stays as long as the plug stays where it is. */
  busPath: string;
  vendorId: string;
  productId: string;
  bcdDevice: string;
  manufacturer: string;
  product: string;
  /** Many devices have none. */
  serial?: string;
  /** `usb-serial`: ttyUSBn with a port device in between; `acm`: ttyACMn, its device is the interface itself. */
  kind: 'usb-serial' | 'acm';
  /** The USB side belongs to the module, so that a module reset takes the ports away; not so behind a bridge chip. */
  isResetWithModule: boolean;
  interfaces: readonly UsbInterfaceLayout[];
  /** Numbers of the first plug-in, on purpose not in the order of the interfaces. */
  firstNumbers: Readonly<Partial<Record<PortRole, number>>>;
}

const SERIAL = ['ff', '00', '00'] as const;
const DIAG = ['ff', 'ff', 'ff'] as const;

const MODULE_PLACE = { name: 'modem', busPath: '1-1.2', kind: 'usb-serial' } as const;

const MODULES: Readonly<Record<SimProfile, UsbDeviceLayout>> = {
  telit: {
    ...MODULE_PLACE,
    vendorId: '1bc7',
    productId: '1201',
    bcdDevice: '0318',
    manufacturer: 'Telit',
    product: 'LE910C1',
    // The same in every piece, as many modules have it.
    serial: '0123456789ABCDEF',
    isResetWithModule: true,
    interfaces: [
      { number: 0, class: DIAG, driver: 'option', role: 'diag' },
      { number: 2, class: DIAG, driver: 'qmi_wwan' },
      { number: 3, class: SERIAL, driver: 'option', role: 'nmea' },
      { number: 4, class: SERIAL, driver: 'option', role: 'at' },
      { number: 5, class: SERIAL, driver: 'option', role: 'at2' },
    ],
    firstNumbers: { diag: 4, nmea: 1, at: 3, at2: 0 },
  },
  quectel: {
    ...MODULE_PLACE,
    vendorId: '2c7c',
    productId: '0125',
    bcdDevice: '0318',
    manufacturer: 'Quectel',
    product: 'EG25-G',
    isResetWithModule: true,
    interfaces: [
      { number: 0, class: DIAG, driver: 'option', role: 'diag' },
      { number: 1, class: SERIAL, driver: 'option', role: 'nmea' },
      { number: 2, class: SERIAL, driver: 'option', role: 'at' },
      { number: 3, class: SERIAL, driver: 'option', role: 'at2' },
      { number: 4, class: DIAG, driver: 'qmi_wwan' },
    ],
    firstNumbers: { diag: 3, nmea: 4, at: 1, at2: 0 },
  },
  // SARA-R5 talks over UARTs; boards put a two-port bridge in front of them [m].
  ublox: {
    ...MODULE_PLACE,
    vendorId: '10c4',
    productId: 'ea70',
    bcdDevice: '0100',
    manufacturer: 'Silicon Labs',
    product: 'CP2105 Dual USB to UART Bridge Controller',
    serial: '01A2B3C4',
    isResetWithModule: false,
    interfaces: [
      { number: 0, class: DIAG, driver: 'cp210x', role: 'at' },
      { number: 1, class: DIAG, driver: 'cp210x', role: 'at2' },
    ],
    firstNumbers: { at: 3, at2: 0 },
  },
};

const RECEIVER: UsbDeviceLayout = {
  name: 'receiver',
  busPath: '1-1.3',
  vendorId: '1546',
  productId: '01a9',
  bcdDevice: '0100',
  manufacturer: 'u-blox AG - www.u-blox.com',
  product: 'u-blox GNSS receiver',
  kind: 'acm',
  isResetWithModule: false,
  interfaces: [
    { number: 0, class: ['02', '02', '01'], driver: 'cdc_acm', role: 'receiver' },
    { number: 1, class: ['0a', '00', 'ff'], driver: 'cdc_acm' },
  ],
  firstNumbers: { receiver: 0 },
};

const FOREIGN: UsbDeviceLayout = {
  name: 'foreign',
  busPath: '1-1.4',
  vendorId: '0403',
  productId: '6001',
  bcdDevice: '0600',
  manufacturer: 'FTDI',
  product: 'FT232R USB UART',
  serial: 'A5069RR4',
  kind: 'usb-serial',
  isResetWithModule: false,
  interfaces: [{ number: 0, class: DIAG, driver: 'ftdi_sio', role: 'foreign' }],
  firstNumbers: { foreign: 2 },
};

/** Everything plugged in when the module is of that family. */
export const usbDevices = (profile: SimProfile): readonly UsbDeviceLayout[] => [MODULES[profile], RECEIVER, FOREIGN];

/** The interfaces that have a serial port, with its role. */
export const portsOf = (device: UsbDeviceLayout): readonly { number: number; role: PortRole }[] =>
  device.interfaces.flatMap(({ number, role }) => (role === undefined ? [] : [{ number, role }]));

export const ttyPrefix = (device: UsbDeviceLayout): string => (device.kind === 'acm' ? 'ttyACM' : 'ttyUSB');

const twoDigits = (interfaceNumber: number): string => interfaceNumber.toString(16).padStart(2, '0');

/** udev keeps what is plain in a name; each other character becomes one `_`. */
const forUdev = (text: string): string =>
  text
    .trim()
    .replaceAll(/\s+/g, '_')
    .replaceAll(/[^\w#+\-.:=@]/g, '_');

/** `usb-Telit_LE910C1_0123456789ABCDEF-if04-port0`; cdc-acm ports have no `-port0`. */
export function byIdName(device: UsbDeviceLayout, interfaceNumber: number): string {
  const parts = [device.manufacturer, device.product, ...(device.serial === undefined ? [] : [device.serial])];
  return `usb-${parts.map(forUdev).join('_')}-if${twoDigits(interfaceNumber)}${device.kind === 'acm' ? '' : '-port0'}`;
}

/** `platform-…-usb-0:1.2:1.4-port0`: where it is plugged, and which interface. */
export function byPathName(controller: string, device: UsbDeviceLayout, interfaceNumber: number): string {
  const place = `${device.busPath.replace(/^\d+-/, '0:')}:1.${interfaceNumber}`;
  return `${controller}-usb-${place}${device.kind === 'acm' ? '' : '-port0'}`;
}
