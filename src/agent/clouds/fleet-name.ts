// What this gateway is called at the operator's broker where nobody has named it: drawn once and kept. Not made from the
// IMEI, whose few free digits can be tried against any hash, nor from the host name, which is `raspberrypi` everywhere.
import { randomBytes } from 'node:crypto';
import type { Logger } from '../../core/index.js';
import type { Codec, Slot } from '../../vault/index.js';

const NAME = /^wm-[0-9a-f]{12}$/;

export const fleetNameCodec: Codec<string> = {
  encode: (name) => ({ name }),
  decode(data) {
    const { name } = data as { name?: unknown };
    if (typeof name !== 'string' || !NAME.test(name)) throw new Error('the name has another form');
    return name;
  },
};

const drawn = (): string => `wm-${randomBytes(6).toString('hex')}`;

/** On a disk that takes nothing the name is good for this run. */
export async function gatewayName(slot: Slot<string>, log: Logger, draw = drawn): Promise<string> {
  try {
    const kept = await slot.read();
    if (kept) return kept.value;
    const name = draw();
    await slot.write(name);
    return name;
  } catch (error) {
    log.warn('fleet.name-not-kept', { error }, 'The name of this gateway at the fleet’s broker is one for this run.');
    return draw();
  }
}
