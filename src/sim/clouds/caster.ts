// The simulated NTRIP caster: a plain port and a TLS port, PointPerfect's mountpoints, one connection a user, and the
// manners and faults of the real thing (specs/ublox.md 2.1, 7.3). Healthy by default.
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Clock, Logger } from '../../core/index.js';
import { createRandom } from '../receiver/random.js';
import { type Admission, admit, type CasterAccount } from './caster-admission.js';
import type { CasterRequest } from './caster-request.js';
import { type CasterConnection, type CasterSession, type SessionDesk, serveRover } from './caster-session.js';
import { type CasterFault, type CasterSettings, DEFAULT_CASTER } from './caster-settings.js';
import type { CasterSources } from './caster-sources.js';
import { createDoor, type Door } from './door.js';
import type { Pki, ServerFace } from './pki.js';

export interface CasterUser {
  /** Streams granted. */
  connects: number;
  /** Requests refused under this name, right password or not. */
  refused: number;
  ggas: number;
  bytesSent: number;
  /** Bursts of assistance data, each of them billed. */
  billedFetches: number;
}

export interface CasterStats {
  /** Streams granted. */
  connects: number;
  /** Requests answered otherwise, by why: `bad-password`, `second-connection`, `slot-held`, `no-plan`, a fault … */
  refused: Readonly<Record<string, number>>;
  tables: number;
  /** By user name. */
  users: Readonly<Record<string, CasterUser>>;
  /** Connections with a stream, oldest first, ended ones too (at most the last 100). */
  connections: readonly Readonly<CasterConnection>[];
}

export interface SimCaster extends AsyncDisposable {
  readonly door: Door;
  readonly tlsDoor: Door;
  readonly stats: CasterStats;
  readonly settings: Readonly<CasterSettings>;
  /** The lasting fault. */
  readonly fault: CasterFault | undefined;
  /** From the next connection on. */
  configure(changes: Partial<CasterSettings>): void;
  /** In front of every connection from now on, faults of the data also of live ones; undefined: healthy. */
  setFault(fault: CasterFault | undefined): void;
  /** The next `times` connections (default 1) that pass the password get this fault; faults queue up. */
  pushFault(fault: CasterFault, times?: number): void;
  /** What certificate the TLS port shows from now on. */
  show(face: ServerFace): Promise<void>;
  /** Closes every connection with a stream; it goes on serving. */
  cutSessions(): void;
}

export interface CasterDeps {
  clock: Clock;
  log: Logger;
  pki: Pki;
  sources: CasterSources;
  /** Noise follows from it. */
  seed: string;
  account: (userName: string) => CasterAccount | undefined;
}

const MAX_CONNECTIONS = 100;
const MAX_USERS = 100;

interface Slot {
  session?: CasterSession;
  freeAtMs: number;
}

/** Starts it. Errors: `demo.port`. */
export async function createSimCaster(
  deps: CasterDeps,
  options: { port: number; tlsPort: number },
): Promise<SimCaster> {
  const { clock, log, pki } = deps;
  const random = createRandom(`caster/${deps.seed}`);
  let settings = DEFAULT_CASTER;
  let lasting: CasterFault | undefined;
  const queue: CasterFault[] = [];
  const slots = new Map<string, Slot>();
  const live = new Set<CasterSession>();
  const connections: CasterConnection[] = [];
  const counters = { connects: 0, tables: 0 };
  const refused: Record<string, number> = {};
  const users = new Map<string, Pick<CasterUser, 'connects' | 'refused'>>();

  const userOf = (name: string): Pick<CasterUser, 'connects' | 'refused'> | undefined => {
    const known = users.get(name);
    // Names come from outside: not without end.
    if (known || users.size >= MAX_USERS) return known;
    const made = { connects: 0, refused: 0 };
    users.set(name, made);
    return made;
  };
  const slotOf = (userName: string): 'free' | 'taken' | 'held' => {
    const slot = slots.get(userName);
    if (slot?.session) return 'taken';
    return slot && slot.freeAtMs > clock.mono() ? 'held' : 'free';
  };
  /** What ended connections of a user add up to. */
  const totals = new Map<string, Pick<CasterUser, 'ggas' | 'bytesSent' | 'billedFetches'>>();
  const forget = (old: CasterConnection): void => {
    const sum = totals.get(old.userName) ?? { ggas: 0, bytesSent: 0, billedFetches: 0 };
    for (const key of ['ggas', 'bytesSent', 'billedFetches'] as const) sum[key] += old[key];
    totals.set(old.userName, sum);
  };

  const desk: SessionDesk = {
    sources: deps.sources,
    get settings() {
      return settings;
    },
    get fault() {
      return lasting;
    },
    onRefused(why, request) {
      log.debug('sim.caster.refused', { why });
      if (why === 'table') {
        counters.tables++;
        return;
      }
      refused[why] = (refused[why] ?? 0) + 1;
      const user = request?.userName === undefined ? undefined : userOf(request.userName);
      if (user) user.refused++;
    },
    admit: (request: CasterRequest): Admission =>
      admit(request, {
        settings,
        account: request.userName === undefined ? undefined : deps.account(request.userName),
        slot: request.userName === undefined ? 'free' : slotOf(request.userName),
        nextFault: () => queue.shift(),
        lastingFault: lasting,
        noise: () => random.bytes(300),
      }),
    enter(session, connection) {
      const { userName } = connection;
      live.add(session);
      // Nobody's name has no slot: everybody may come by it.
      if (userName !== '') {
        const older = slots.get(userName)?.session;
        slots.set(userName, { session, freeAtMs: 0 });
        older?.end('replaced');
      }
      counters.connects++;
      const user = userOf(userName);
      if (user) user.connects++;
      connections.push(connection);
      // Live ones stay: their counters still move.
      const oldest = connections.findIndex(({ isLive }) => !isLive);
      if (connections.length > MAX_CONNECTIONS && oldest >= 0) connections.splice(oldest, 1).forEach(forget);
      log.debug('sim.caster.stream', { mountPoint: connection.mountPoint, ntrip: connection.ntrip });
    },
    leave(session, connection) {
      live.delete(session);
      const slot = slots.get(connection.userName);
      if (slot?.session === session) slots.set(connection.userName, { freeAtMs: clock.mono() + settings.holdS * 1000 });
      log.debug('sim.caster.end', { endedBy: connection.endedBy ?? '', bytesSent: connection.bytesSent });
    },
  };

  const face = await pki.server('normal');
  const server = createServer((socket) => {
    if (!socket.destroyed) serveRover(socket, { clock, random, desk });
  });
  const tlsServer = createTlsServer({ key: face.privateKey, cert: face.certificate }, (socket) => {
    serveRover(socket, { clock, random, desk });
  });
  tlsServer.on('tlsClientError', (error: Error) => log.debug('sim.caster.tls', { reason: error.message }));
  const door = createDoor(server, 'caster', options.port);
  const tlsDoor = createDoor(tlsServer, 'casterTls', options.tlsPort);
  await door.open();
  try {
    await tlsDoor.open();
  } catch (error) {
    await door.close();
    throw error;
  }

  const userStats = (
    name: string,
    { connects, refused: count }: Pick<CasterUser, 'connects' | 'refused'>,
  ): CasterUser => {
    const own = connections.filter(({ userName }) => userName === name);
    const before = totals.get(name) ?? { ggas: 0, bytesSent: 0, billedFetches: 0 };
    const sum = (key: 'ggas' | 'bytesSent' | 'billedFetches'): number =>
      own.reduce((total, each) => total + each[key], before[key]);
    return {
      connects,
      refused: count,
      ggas: sum('ggas'),
      bytesSent: sum('bytesSent'),
      billedFetches: sum('billedFetches'),
    };
  };

  return {
    door,
    tlsDoor,
    get settings() {
      return settings;
    },
    get fault() {
      return lasting;
    },
    get stats() {
      return {
        ...counters,
        refused: { ...refused },
        users: Object.fromEntries([...users].map(([name, counts]) => [name, userStats(name, counts)])),
        connections: connections.map((each) => ({ ...each })),
      };
    },
    configure: (changes) => void (settings = { ...settings, ...changes }),
    setFault(fault) {
      lasting = fault;
      if (fault === undefined) queue.length = 0;
    },
    pushFault(fault, times = 1) {
      for (let i = 0; i < times; i++) queue.push(fault);
    },
    async show(name) {
      const shown = await pki.server(name);
      tlsServer.setSecureContext({ key: shown.privateKey, cert: shown.certificate });
    },
    cutSessions() {
      for (const session of [...live]) session.end('cut');
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([door.close(), tlsDoor.close()]);
    },
  };
}
