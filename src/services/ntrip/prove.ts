// Proves a new NTRIP identity before it replaces the old one, and chooses how to reach its caster.
import { type Clock, isWaymarkError, silentLogger, withDeadline } from '../../core/index.js';
import type { NtripIdentity } from '../../vault/index.js';
import { createCaster } from './caster.js';
import type { CasterConnection, NtripTarget, OpenNtrip } from './connection.js';
import { createIntake, kindOfMountPoint, type Taken, WORDS_MS } from './intake.js';
import { refusalError } from './refusal.js';
import type { NtripVersion } from './request.js';
import { createSlotMemory, type SlotMemory } from './slot.js';

export type NtripTls = 'auto' | 'required' | 'off';

/** PointPerfect's caster speaks TLS beside the plain port, whether or not an answer says so (specs/ublox.md 2.1). */
const TLS_PORT = 2102;
const PLAIN_PORT = 2101;
const KNOWN_TO_SPEAK_TLS = /(?:^|\.)services\.u-blox\.com$/i;

/**
 * Port and TLS for a caster: `auto` is TLS when the provisioning answer names a port for it, or the caster is one that is
 * known to have it: an account's password is not sent in the clear without need. A port of its own (`port`) wins, and
 * then TLS is what `tls` says.
 */
export function ntripTarget(
  caster: { host: string; port?: number | undefined; tlsPort?: number | undefined },
  { tls = 'auto', port }: { tls?: NtripTls; port?: number | undefined } = {},
): NtripTarget {
  const isKnown = KNOWN_TO_SPEAK_TLS.test(caster.host) && (caster.port ?? PLAIN_PORT) === PLAIN_PORT;
  const isTls =
    tls === 'required' || (tls === 'auto' && (caster.tlsPort !== undefined || (isKnown && port === undefined)));
  const own = isTls ? (caster.tlsPort ?? TLS_PORT) : (caster.port ?? PLAIN_PORT);
  return { host: caster.host, port: port ?? own, tls: isTls };
}

export interface ProveNtripDeps {
  open: OpenNtrip;
  clock: Clock;
  agentVersion: string;
  /** Shared with the source of the same account. */
  slots?: SlotMemory | undefined;
  tls?: NtripTls | undefined;
  protocol?: 'auto' | NtripVersion | undefined;
}

/**
 * One connection up to an accepting answer, closed again; nothing is asked of the plan's data. Resolves when user,
 * password and mountpoint are accepted. Errors: `ntrip.*`, `http.redirect`, `net.*`, `tls.*`, the abort reason.
 */
export async function proveNtrip(deps: ProveNtripDeps, identity: NtripIdentity, signal: AbortSignal): Promise<void> {
  const { clock, protocol = 'auto' } = deps;
  const slots = deps.slots ?? createSlotMemory({ clock });
  const caster = createCaster(
    { open: deps.open, clock, log: silentLogger, slots, asking: () => undefined },
    {
      target: ntripTarget(identity, { tls: deps.tls ?? 'auto' }),
      userName: identity.userName,
      password: identity.password,
      protocol,
      agentVersion: deps.agentVersion,
    },
  );
  const connection = await caster.connect(identity.mountPoint, signal);
  try {
    const heard = await firstWords(connection, identity.mountPoint, clock, signal);
    if (heard.is === 'refusal')
      throw refusalError({ ...heard, http: 200 }, `${identity.host}/${identity.mountPoint}`, clock.wall());
  } finally {
    await connection.close();
  }
}

async function firstWords(
  connection: CasterConnection,
  mountPoint: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<Taken> {
  const intake = createIntake(kindOfMountPoint(mountPoint));
  try {
    return await withDeadline({ clock, ms: WORDS_MS, signal, what: 'first words of the caster' }, async () => {
      for (;;) {
        const bytes = await connection.next();
        const taken = bytes ? intake.push(bytes) : intake.end();
        if (taken.is !== 'more' || !bytes) return taken;
      }
    });
  } catch (error) {
    // Nothing said is what is hoped for; half a refusal is one, too.
    if (!signal.aborted && isWaymarkError(error, 'core.timeout')) return intake.end();
    throw error;
  }
}
