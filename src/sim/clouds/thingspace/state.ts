// What the simulated ThingSpace remembers while it runs: the one token of the key pair, sessions, devices, counters. Time
// is the monotonic clock's, so that a test moves it.
import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../../../core/index.js';
import type { ThingSpaceAccount } from './account.js';
import { LOGINS_UNTIL_LOCK, SESSION_IDLE_MS, TOKEN_LIFE_MS } from './settings.js';

export type TokenStanding = 'live' | 'expired' | 'revoked' | 'unknown';
export type SessionStanding = 'live' | 'idle' | 'replaced' | 'ended' | 'unknown';

export interface SimPlace {
  latitudeDeg: number;
  longitudeDeg: number;
  radiusM: number;
}

/** `coarse` as by default; `all`: precise as well; `excluded`: on the exclusion list. */
export const CONSENTS = ['coarse', 'all', 'excluded'] as const;
export type Consent = (typeof CONSENTS)[number];

export interface SimDevice {
  imei: string;
  mdn: string;
  iccid: string;
  account: string;
  consent: Consent;
  /** Can the network find it now? */
  isReachable: boolean;
  /** Where it is now. */
  place: SimPlace;
  /** What the network found last, and when (ms since 1970 UTC). */
  cache: { place: SimPlace; fixUtcMs: number } | undefined;
}

/** How often what happened; all since the start. */
export interface ThingSpaceCounters {
  /** Token requests that were granted, and how many tokens were made for them. */
  tokenRequests: number;
  tokensIssued: number;
  /** Revocations that were asked for. */
  revokes: number;
  /** Logins whose user and password were judged, right or wrong. */
  logins: number;
  failedLogins: number;
  /** Logins that reached a locked user; nobody should ever make one. */
  loginsWhileLocked: number;
  logouts: number;
  /** Devices located at the account's expense. */
  billed: number;
  callbacks: number;
}

interface Token {
  value: string;
  issuedMs: number;
  isRevoked: boolean;
}

interface Session {
  token: string;
  lastUseMs: number;
  end?: 'replaced' | 'ended';
}

const MAX_KEPT = 200;
function keep<T>(list: T[], entry: T): void {
  list.push(entry);
  if (list.length > MAX_KEPT) list.shift();
}

export type LoginVerdict = { is: 'in'; session: string } | { is: 'refused'; why: 'wrong' | 'locked' };

export interface ThingSpaceState {
  readonly counters: ThingSpaceCounters;
  readonly devices: SimDevice[];
  /** The token of this hour: the same for everyone who asks, however often. */
  token(): { value: string; remainingMs: number };
  tokenStanding(value: string): TokenStanding;
  /** True when it was the live one. */
  revoke(value: string): boolean;
  login(username: string, password: string, isSingle: boolean): LoginVerdict;
  /** A login that cannot be judged counts for the user it names. */
  missLogin(username: string | undefined): void;
  /** A session without a login: the operator's own. */
  openSession(): string;
  sessionStanding(token: string): SessionStanding;
  touch(token: string): void;
  logout(token: string): void;
  unlock(): void;
  ageToken(ms: number): void;
  ageSessions(ms: number): void;
  /** Every token and session handed out. */
  issued(): readonly string[];
}

export function createThingSpaceState(deps: { clock: Clock; account: ThingSpaceAccount }): ThingSpaceState {
  const { clock, account } = deps;
  const tokens: Token[] = [];
  const sessions: Session[] = [];
  const counters: ThingSpaceCounters = {
    ...{ tokenRequests: 0, tokensIssued: 0, revokes: 0 },
    ...{ logins: 0, failedLogins: 0, loginsWhileLocked: 0, logouts: 0, billed: 0, callbacks: 0 },
  };
  const leftMs = (token: Token): number => token.issuedMs + TOKEN_LIFE_MS - clock.mono();
  const isLive = (token: Token): boolean => !token.isRevoked && leftMs(token) > 0;
  const find = (token: string): Session | undefined => sessions.find((each) => each.token === token);

  const miss = (): void => {
    const failCount = account.user.failCount + 1;
    counters.failedLogins++;
    account.keepUser({ failCount, isLocked: account.user.isLocked || failCount >= LOGINS_UNTIL_LOCK });
  };
  const openSession = (): string => {
    const token = randomUUID();
    keep(sessions, { token, lastUseMs: clock.mono() });
    return token;
  };

  return {
    counters,
    issued: () => [...tokens.map(({ value }) => value), ...sessions.map(({ token }) => token)],
    devices: [],
    token() {
      let current = tokens.find(isLive);
      if (!current) {
        current = { value: randomBytes(24).toString('base64url'), issuedMs: clock.mono(), isRevoked: false };
        keep(tokens, current);
        counters.tokensIssued++;
      }
      return { value: current.value, remainingMs: leftMs(current) };
    },
    tokenStanding(value) {
      const token = tokens.find((each) => each.value === value);
      if (!token) return 'unknown';
      if (token.isRevoked) return 'revoked';
      return isLive(token) ? 'live' : 'expired';
    },
    revoke(value) {
      const token = tokens.find((each) => each.value === value && isLive(each));
      if (token) token.isRevoked = true;
      return token !== undefined;
    },
    login(username, password, isSingle) {
      const { secrets, user } = account;
      counters.logins++;
      if (username === secrets.username && user.isLocked) {
        counters.loginsWhileLocked++;
        counters.failedLogins++;
        return { is: 'refused', why: 'locked' };
      }
      if (username !== secrets.username || password !== secrets.password) {
        if (username === secrets.username) miss();
        else counters.failedLogins++;
        return { is: 'refused', why: 'wrong' };
      }
      if (user.failCount > 0) account.keepUser({ failCount: 0, isLocked: false });
      if (isSingle) for (const each of sessions) each.end ??= 'replaced';
      return { is: 'in', session: openSession() };
    },
    missLogin(username) {
      counters.logins++;
      if (username === account.secrets.username) miss();
      else counters.failedLogins++;
    },
    openSession,
    sessionStanding(token) {
      const session = find(token);
      if (!session) return 'unknown';
      if (session.end) return session.end;
      return clock.mono() - session.lastUseMs > SESSION_IDLE_MS ? 'idle' : 'live';
    },
    touch(token) {
      const session = find(token);
      if (session) session.lastUseMs = clock.mono();
    },
    logout(token) {
      counters.logouts++;
      const session = find(token);
      if (session) session.end = 'ended';
    },
    unlock: () => account.keepUser({ failCount: 0, isLocked: false }),
    ageToken(ms) {
      for (const token of tokens) token.issuedMs -= ms;
    },
    ageSessions(ms) {
      for (const session of sessions) session.lastUseMs -= ms;
    },
  };
}
