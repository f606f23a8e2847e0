// A device known by what it is, not by its name: ttyUSB2 may come back as ttyUSB6.
import { realpath } from 'node:fs/promises';
import type { TtyPort } from '../../link/index.js';
import { roleOf } from '../../modem/index.js';
import type { PortUser } from './types.js';

export interface PortIdentity {
  readonly vendorId: string;
  readonly productId: string;
  readonly interfaceNumber: number | undefined;
  readonly serialNumber: string | undefined;
  readonly busPath: string;
}

export function identityOf(port: TtyPort | undefined): PortIdentity | undefined {
  const usb = port?.usb;
  return (
    usb && {
      vendorId: usb.vendorId,
      productId: usb.productId,
      interfaceNumber: usb.interfaceNumber,
      serialNumber: usb.serialNumber,
      busPath: usb.busPath,
    }
  );
}

/** The same interface of the same device under whatever name: by its plug, else by its serial number if that is its own. */
export function findAgain(identity: PortIdentity, ports: readonly TtyPort[]): TtyPort | undefined {
  const alike = ports.filter(
    ({ usb }) =>
      usb?.vendorId === identity.vendorId &&
      usb.productId === identity.productId &&
      usb.interfaceNumber === identity.interfaceNumber,
  );
  const atPlug = alike.find(({ usb }) => usb?.busPath === identity.busPath);
  if (atPlug) return atPlug;
  // Many modules have the same serial number, such as 0123456789ABCDEF.
  const byNumber = alike.filter(
    ({ usb }) => identity.serialNumber !== undefined && usb?.serialNumber === identity.serialNumber,
  );
  return byNumber.length === 1 ? byNumber[0] : undefined;
}

/** False for a port that is known to be something else than `user` wants: what was opened there by mistake is not looked for. */
export function mayBelongTo(user: PortUser, port: TtyPort): boolean {
  const role = roleOf(port)?.role;
  if (role === undefined) return true;
  const isAt = role === 'at' || role === 'at2';
  return user === 'modem' ? isAt || role === 'data' : role === 'gnss' || role === 'nmea';
}

/** The listed port behind a path, a stable name or a link to its node. */
export async function portBehind(path: string, ports: readonly TtyPort[]): Promise<TtyPort | undefined> {
  const named = ports.find((port) => port.path === path || port.byId === path || port.byPath === path);
  if (named) return named;
  const node = await realpath(path).catch(() => undefined);
  if (node === undefined) return undefined;
  for (const port of ports) if ((await realpath(port.path).catch(() => undefined)) === node) return port;
  return undefined;
}
