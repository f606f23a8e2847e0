// Asks the module's own receiver where it is, and switches it on for that when it is off. Whoever does not want that does
// not ask: nothing here acts by itself.
import { type Clock, type Fix, isWaymarkError, type Logger, WaymarkError } from '../../../core/index.js';
import type { AtChannel } from '../../at.js';
import { cmeOf } from '../../codec/errors.js';
import type { GnssCommands } from '../../profile.js';
import type { Session } from '../../session.js';
import type { GnssReading } from './parse.js';
import type { ModuleGnss } from './types.js';

export interface ModuleGnssDeps {
  /** The connection that is open. Errors: `link.closed`. */
  session(): Session;
  /** Of the module seen last. */
  profile(): { readonly gnss?: GnssCommands };
  clock: Clock;
  log: Logger;
}

/** One per modem; usable while a port is open. */
export function createModuleGnss({ session, profile, clock, log }: ModuleGnssDeps): ModuleGnss {
  /** Whether it runs on this connection, and by whose doing. */
  const running = new WeakMap<AtChannel, 'found' | 'started'>();

  async function switchOn({ channel, profile: { name } }: Session, gnss: GnssCommands, signal: AbortSignal) {
    if (await isOn(channel, gnss, signal)) {
      running.set(channel, 'found');
      return;
    }
    try {
      await channel.run(gnss.start, { signal });
    } catch (error) {
      if (!isWaymarkError(error, 'modem.error')) throw error;
      if (!gnss.isOnErrors.includes(cmeOf(error) ?? -1))
        throw new WaymarkError('modem.unsupported', `${name}: its own GNSS cannot be switched on`, {
          cause: error,
          hint: 'Not every variant of a module has a receiver: set location.moduleGnss to false if this one has none.',
        });
    }
    running.set(channel, 'started');
    log.info('modem.gnss-on', { profile: name });
  }

  return {
    get isSupported() {
      return profile().gnss !== undefined;
    },
    async read({ signal }) {
      const now = session();
      const { channel } = now;
      const { gnss, name } = now.profile;
      if (!gnss)
        throw new WaymarkError('modem.unsupported', `${name}: no GNSS of its own is known of this family`, {
          hint: 'Set location.moduleGnss to false: this module cannot help out.',
        });
      if (!running.has(channel)) await switchOn(now, gnss, signal);
      try {
        const { lines } = await channel.run(gnss.position.command, { signal });
        const reading = lines.map(gnss.position.parse).find((each) => each !== undefined);
        return reading && fixOf(reading, clock.mono());
      } catch (error) {
        if (!isWaymarkError(error, 'modem.error')) throw error;
        if (gnss.noFixErrors.includes(cmeOf(error) ?? -1)) return undefined;
        // Somebody may have switched it off: looked at anew the next time.
        running.delete(channel);
        throw error;
      }
    },
    async stop({ signal }) {
      const { channel, profile: now } = session();
      if (running.get(channel) !== 'started' || !now.gnss) return;
      running.delete(channel);
      await channel.run(now.gnss.stop, { signal });
    },
  };
}

async function isOn(channel: AtChannel, { isOn: question }: GnssCommands, signal: AbortSignal): Promise<boolean> {
  try {
    const { lines } = await channel.run(question.command, { signal });
    return lines.map(question.parse).find((each) => each !== undefined) ?? false;
  } catch (error) {
    // One that does not tell is switched on, and may refuse that because it is.
    if (isWaymarkError(error, 'modem.error')) return false;
    throw error;
  }
}

function fixOf({ quality, ...rest }: GnssReading, atMonoMs: number): Fix | undefined {
  return quality === 'none' ? undefined : { quality, ...rest, atMonoMs, source: 'module-gnss' };
}
