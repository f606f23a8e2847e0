// What is known of a serial port without opening it.

/** Where the kernel's and the system's views of the machine are read. */
export interface Roots {
  /** sysfs (`/sys`). */
  readonly sys: string;
  /** Device nodes (`/dev`). */
  readonly dev: string;
  /** procfs (`/proc`). */
  readonly proc: string;
}

export const ROOTS: Roots = { sys: '/sys', dev: '/dev', proc: '/proc' };

export interface UsbInterface {
  /** Four lower-case hex digits. */
  readonly vendorId: string;
  readonly productId: string;
  /** Undefined when sysfs does not tell. */
  readonly interfaceNumber?: number;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly serialNumber?: string;
  /** Name of the USB device in sysfs, such as `1-1.3`: stays the same as long as the plug stays where it is. */
  readonly busPath: string;
  /** Kernel driver of the interface: `option`, `cdc_acm`, `cp210x`. */
  readonly driver?: string;
}

export interface TtyPort {
  /** `ttyUSB2`. */
  readonly name: string;
  /** Its node under the dev root, `/dev/ttyUSB2`. */
  readonly path: string;
  /** Stable names, when udev made them. */
  readonly byId?: string;
  readonly byPath?: string;
  readonly usb?: UsbInterface;
}

/** The best name to put into a configuration: by-id, else by-path, else the node. */
export const stableName = (port: TtyPort): string => port.byId ?? port.byPath ?? port.path;

/** A process that has a port open. */
export interface PortHolder {
  readonly pid: number;
  /** `ModemManager`; `unknown` where /proc does not say. */
  readonly name: string;
  /** This very process. */
  readonly isSelf: boolean;
}
