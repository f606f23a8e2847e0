// What a service calls this gateway's line by: its module's IMEI, its card's number, as configured or as the module says.
import { abortable, deferred, WaymarkError } from '../../core/index.js';
import type { Modem } from '../../modem/index.js';

type Known = 'imei' | 'iccid';

/** Waits for the module to say it. Errors: `thingspace.config` where there is no module to ask. */
export async function moduleIdentifier(modem: Modem | undefined, which: Known, signal: AbortSignal): Promise<string> {
  if (!modem)
    throw new WaymarkError('thingspace.config', `there is no module to ask for its ${which.toUpperCase()}`, {
      hint: 'Add a modem section, or (for ThingSpace) write thingspace.imei and thingspace.mdn.',
    });
  const found = deferred<string>();
  const look = (): void => {
    const value = modem.snapshot()[which];
    if (value !== undefined) found.resolve(value);
  };
  const off = modem.onChange(look);
  try {
    look();
    return await abortable(found.promise, signal);
  } finally {
    off();
  }
}

/** The number of the card. Errors: `thingspace.config` where the card does not know it; those of the module. */
export async function cardNumber(modem: Modem | undefined, signal: AbortSignal): Promise<string> {
  // A module that has said its IMEI can be asked.
  await moduleIdentifier(modem, 'iccid', signal);
  const number = await modem?.ownNumber({ signal });
  if (number === undefined)
    throw new WaymarkError('thingspace.config', 'the SIM does not say its own number', {
      hint: 'Write the number of the SIM (MDN, ten digits, in quotes) to thingspace.mdn.',
    });
  return number;
}
