// What survives a restart of a credential: its last state, its refusals and the warnings given, told apart by the salted
// fingerprint. Never the value (specs/tokens.md section 3).
import {
  CREDENTIAL_REASONS,
  CREDENTIAL_STATES,
  type CredentialMemory,
  type CredentialModel,
  type Evidence,
} from './credential-model.js';
import type { Codec } from './record.js';

export type { CredentialMemory } from './credential-model.js';

/** The part worth keeping; undefined while no value was ever seen. */
export function memoryOf(model: CredentialModel): CredentialMemory | undefined {
  const { fingerprint, lastGoodUtcMs, firstGoodUtcMs, terms, warnedDays } = model;
  const known = model.state === 'missing' ? model.before : model;
  if (fingerprint === undefined || known === undefined) return undefined;
  const { sinceUtcMs, tested, latched, strikes, reason, evidence } = known;
  // What our own clock found it finds again; only a provider's word has to be kept.
  const byClock = known.state === 'expiring' || (known.state === 'expired' && model.endedByClock);
  return {
    fingerprint,
    state: byClock ? 'valid' : known.state,
    sinceUtcMs,
    tested,
    latched,
    strikes,
    warnedDays,
    ...(reason === undefined || byClock ? {} : { reason }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(lastGoodUtcMs === undefined ? {} : { lastGoodUtcMs }),
    ...(firstGoodUtcMs === undefined ? {} : { firstGoodUtcMs }),
    ...(terms === undefined ? {} : { terms }),
  };
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

function evidenceOf(value: unknown): (Evidence & { readonly atUtcMs: number }) | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { atUtcMs } = value as { atUtcMs?: unknown };
  if (!isNumber(atUtcMs)) return undefined;
  const entries = Object.entries(value).filter(([, item]) => typeof item === 'string' || isNumber(item));
  return { ...(Object.fromEntries(entries) as Evidence), atUtcMs };
}

export const credentialMemoryCodec: Codec<CredentialMemory> = {
  encode: (memory) => memory,
  decode(data) {
    if (typeof data !== 'object' || data === null) throw new Error('no object');
    const from = data as Readonly<Record<string, unknown>>;
    const { fingerprint, sinceUtcMs, strikes, lastGoodUtcMs, firstGoodUtcMs, terms, warnedDays } = from;
    const state = CREDENTIAL_STATES.find((known) => known === from['state']);
    const reason = CREDENTIAL_REASONS.find((known) => known === from['reason']);
    const evidence = evidenceOf(from['evidence']);
    if (typeof fingerprint !== 'string' || state === undefined || !isNumber(sinceUtcMs) || !isNumber(strikes))
      throw new Error('members missing');
    return {
      fingerprint,
      state,
      sinceUtcMs,
      strikes,
      tested: from['tested'] === true,
      latched: from['latched'] === true,
      warnedDays: Array.isArray(warnedDays) ? warnedDays.filter(isNumber) : [],
      ...(reason === undefined ? {} : { reason }),
      ...(evidence === undefined ? {} : { evidence }),
      ...(isNumber(lastGoodUtcMs) ? { lastGoodUtcMs } : {}),
      ...(isNumber(firstGoodUtcMs) ? { firstGoodUtcMs } : {}),
      ...(typeof terms === 'string' ? { terms } : {}),
    };
  },
};
