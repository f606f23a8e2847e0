// A stable hardware id when nobody configured one: the module's IMEI, else the first real network card's address.
// The provisioning room keeps the first choice for ever, because a changed id is a second billed Thing.
import { networkInterfaces } from 'node:os';
import { abortable, deferred, WaymarkError } from '../core/index.js';
import type { Modem } from '../modem/index.js';

export function macAddressId(): string {
  for (const addresses of Object.values(networkInterfaces()))
    for (const address of addresses ?? [])
      if (!address.internal && address.mac !== '00:00:00:00:00:00')
        return address.mac.replaceAll(':', '').toUpperCase();
  throw new WaymarkError('ztp.invalid-request', 'no module and no network card to take a hardware id from', {
    hint: 'Set ztp.hardwareId in the configuration.',
  });
}

/** Waits for the module to identify itself when there is one. */
export async function autoHardwareId(modem: Modem | undefined, signal?: AbortSignal): Promise<string> {
  if (!modem) return macAddressId();
  const known = modem.snapshot().imei;
  if (known !== undefined) return known;
  const found = deferred<string>();
  const off = modem.onChange(() => {
    const { imei } = modem.snapshot();
    if (imei !== undefined) found.resolve(imei);
  });
  try {
    return await abortable(found.promise, signal);
  } finally {
    off();
  }
}
