// Keeps newer decryption keys with the stored identity, so that a warm start decrypts before the key topic speaks.
import type { Logger } from '../core/index.js';
import type { Identity, KeysIdentity, Slot } from '../vault/index.js';

/**
 * Takes an identity with newer keys. They are written only to a stored identity of the same certificate: a renewed one,
 * promoted while the session of the old one still ran, is left alone. One write is under way at a time, and of what
 * comes meanwhile the newest follows. A failed write is logged.
 */
export function createKeyKeeper(slot: Pick<Slot<Identity>, 'change'>, log: Logger): (identity: KeysIdentity) => void {
  let waiting: KeysIdentity | undefined;
  let isWriting = false;

  const keep = ({ certificate, keys }: KeysIdentity): Promise<void> =>
    slot.change((stored) =>
      stored.shape === 'keys' && stored.certificate === certificate ? { ...stored, keys } : undefined,
    );

  async function writeAll(): Promise<void> {
    isWriting = true;
    for (let next = waiting; next; next = waiting) {
      waiting = undefined;
      try {
        await keep(next);
      } catch (error) {
        log.warn('keys.not-kept', { error });
      }
    }
    isWriting = false;
  }

  return (identity) => {
    waiting = identity;
    if (!isWriting) void writeAll();
  };
}
