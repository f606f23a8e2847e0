// Servers and token inside the module, and what else has to be set before a question (specs/ublox.md 5.1): compared
// first, written only where they differ, and read back. They stand in the module's permanent memory, but some modules
// forget them with their power, so every connection looks again; on one connection a write that does not show is not
// repeated, and nothing is asked with a token that is not ours.
import { isWaymarkError, type Secret, WaymarkError } from '../../../core/index.js';
import type { AtChannel } from '../../at.js';
import { cmeOf, isTransientCme } from '../../codec/errors.js';
import { type AtCommand, cellLocateServer, cellLocateToken } from '../../command.js';
import { runSecret, type Session } from '../../session.js';
import { parseUgps, parseUgsrv, type UgsrvSettings } from './parse.js';

export interface CellLocateServers {
  token: Secret;
  primary: string;
  secondary: string;
}

/** Behind the token: days, period, resolution, satellite systems, mode and kinds of data, as the maker's own library has them. */
const USUAL_REST: readonly string[] = ['14', '4', '1', '65', '0', '1'];
const NUMBER = /^\d{0,5}$/;

/** What concerns other services than CellLocate stays as it was found. */
function restOf(found: UgsrvSettings | undefined): readonly string[] {
  const rest = found?.rest ?? [];
  const isUsable = rest.length >= USUAL_REST.length && rest.length <= 7 && rest.every((text) => NUMBER.test(text));
  return isUsable && rest.some((text) => text !== '') ? rest : USUAL_REST;
}

/** The command that writes servers and token, with or without the numbers behind. Its shown form has no token. */
export function serversCommand(servers: CellLocateServers, rest: readonly string[]): AtCommand {
  const token = cellLocateToken(servers.token);
  const line = (text: string): string =>
    `AT+UGSRV=${[cellLocateServer(servers.primary), cellLocateServer(servers.secondary), text, ...rest].join(',')}`;
  return { text: line(token.text), shown: line('[secret location-token]'), secrets: [token.value] };
}

const sameText = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const sameNames = (found: UgsrvSettings, servers: CellLocateServers): boolean =>
  sameText(found.primary, servers.primary) && sameText(found.secondary, servers.secondary);

/** True when the module has these very servers and this very token. */
export function hasServers(found: UgsrvSettings, servers: CellLocateServers): boolean {
  return found.hasToken && sameNames(found, servers);
}

/** The module tells nothing of its settings, or all but the token. */
const isHidden = (found: UgsrvSettings | undefined, servers: CellLocateServers): boolean =>
  !found || (!found.showsToken && sameNames(found, servers));

/** Lines of a command the module may refuse; undefined then. */
async function tolerant(
  channel: AtChannel,
  command: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  try {
    return (await channel.run(command, { signal })).lines;
  } catch (error) {
    if (isWaymarkError(error, 'modem.error')) return undefined;
    throw error;
  }
}

export interface ServerKeeper {
  /**
   * Asks whether the module has a CellLocate client at all: once a connection. Errors: `celllocate.unsupported`, and
   * those of `AtChannel.run` for a module that is not ready yet.
   */
  probe(session: Session, signal: AbortSignal): Promise<void>;
  /** Errors: `modem.injection`, `modem.wrong-device`, `modem.error` (refused or not kept), those of `AtChannel.run`. */
  ensure(session: Session, servers: CellLocateServers, signal: AbortSignal): Promise<void>;
}

/** One per modem. `onWrite` is called for each change of the module's permanent memory. */
export function createServerKeeper(onWrite: () => void): ServerKeeper {
  const supporting = new WeakSet<AtChannel>();
  /** What was written last on a connection: a module that does not show it is not written to again and again. */
  const written = new WeakMap<AtChannel, CellLocateServers>();

  const isWritten = (channel: AtChannel, servers: CellLocateServers): boolean => {
    const before = written.get(channel);
    return (
      before !== undefined &&
      before.token.equals(servers.token) &&
      before.primary === servers.primary &&
      before.secondary === servers.secondary
    );
  };

  const write = async (
    session: Session,
    servers: CellLocateServers,
    found: UgsrvSettings | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    const { channel } = session;
    const whole = serversCommand(servers, restOf(found));
    // The module's own receiver must be off meanwhile; what somebody had turned on comes on again.
    const gnss = (await tolerant(channel, 'AT+UGPS?', signal))?.map(parseUgps).find((state) => state !== undefined);
    if (gnss?.isOn === true) await tolerant(channel, 'AT+UGPS=0', signal);
    try {
      try {
        await runSecret(session, whole, signal);
      } catch (error) {
        if (!isWaymarkError(error, 'modem.error')) throw error;
        // One that does not tell whether its receiver runs, or that knows fewer fields.
        if (gnss === undefined) await tolerant(channel, 'AT+UGPS=0', signal);
        await runSecret(session, serversCommand(servers, []), signal);
      }
      written.set(channel, servers);
      onWrite();
    } finally {
      if (gnss?.isOn === true && !signal.aborted && !channel.isLost)
        await tolerant(channel, ['AT+UGPS=1', ...gnss.settings].join(','), signal);
    }
  };

  return {
    async probe({ channel, profile }, signal) {
      if (supporting.has(channel)) return;
      const unsupported = (cause?: unknown): WaymarkError =>
        new WaymarkError('celllocate.unsupported', `a ${profile.name} module has no CellLocate (AT+ULOC)`, { cause });
      if (profile.vendor !== 'ublox' && profile.vendor !== 'generic') throw unsupported();
      try {
        await channel.run('AT+ULOC=?', { signal });
      } catch (error) {
        if (!isWaymarkError(error, 'modem.error')) throw error;
        const cme = cmeOf(error);
        if (cme !== undefined && isTransientCme(cme)) throw error;
        // The test form is the one that firmware lacks most easily.
        if ((await tolerant(channel, 'AT+ULOC?', signal)) === undefined) throw unsupported(error);
      }
      supporting.add(channel);
    },

    async ensure(session, servers, signal) {
      const { channel } = session;
      // Refused before anything is asked.
      serversCommand(servers, []);
      const read = async (): Promise<UgsrvSettings | undefined> => {
        const lines = await tolerant(channel, 'AT+UGSRV?', signal);
        return lines?.map((line) => parseUgsrv(line, servers.token)).find((one) => one !== undefined);
      };
      const found = await read();
      if (found && hasServers(found, servers)) return;
      if (!isWritten(channel, servers)) await write(session, servers, found, signal);
      else if (isHidden(found, servers)) return;
      else throw notKept('AT+UGSRV: the module does not keep its servers and token');
      const after = await read();
      if (after && !hasServers(after, servers) && !isHidden(after, servers))
        throw notKept('AT+UGSRV: the module reads back other servers or another token than were written');
    },
  };
}

const notKept = (message: string): WaymarkError =>
  new WaymarkError('modem.error', message, {
    hint: 'Another program may write them, too, or the module cannot store them: they are not written again on this connection.',
  });

/** Progress reports and the depth of the scan; a module that knows neither answers all the same. */
export async function prepareScan(channel: AtChannel, scan: 'normal' | 'deep', signal: AbortSignal): Promise<void> {
  await tolerant(channel, 'AT+ULOCIND=1', signal);
  const mode = await tolerant(channel, `AT+ULOCCELL=${scan === 'deep' ? 1 : 0}`, signal);
  if (mode === undefined && scan === 'deep') await tolerant(channel, 'AT+ULOCCELL=0', signal);
}
