// Which of an account's topics to listen to. Chosen by path, never by position or description: the portal reorders and
// renames entries (specs/ublox.md sections 1.3 and 2.2).
import { WaymarkError } from '../../core/index.js';

export const REGIONS = ['eu', 'us', 'kr', 'au', 'jp'] as const;
export type Region = (typeof REGIONS)[number];

export interface ChosenTopics {
  /** Decryption keys; absent when the account has none (unencrypted delivery). */
  key?: { topic: string; format: 'ubx' | 'json' };
  /** One topic for the region, or its parts where only those are offered. */
  corrections: string[];
}

/** Better first: the internet plan before the L-band one, the ready-made frame before JSON. */
const KEY_TOPICS: readonly { path: RegExp; format: 'ubx' | 'json' }[] = [
  { path: /^\/?pp\/ubx\/0236\/ip$/i, format: 'ubx' },
  { path: /^\/?pp\/ubx\/0236\/lb$/i, format: 'ubx' },
  { path: /^\/?pp\/key\/ip$/i, format: 'json' },
  { path: /^\/?pp\/key\/lb$/i, format: 'json' },
];
const CORRECTION = /^\/?pp\/(ip|lb)\/([a-z]{2})(?:\/(gad|hpac|ocb|clk))?$/i;

/** @throws `corrections.no-topic` when the account has nothing for the region. */
export function chooseTopics(topics: readonly string[], region: Region): ChosenTopics {
  const whole: Record<string, string> = {};
  const parts: Record<string, string[]> = { ip: [], lb: [] };
  for (const topic of topics) {
    const match = CORRECTION.exec(topic);
    const plan = match?.[1]?.toLowerCase();
    if (plan === undefined || match?.[2]?.toLowerCase() !== region) continue;
    if (match[3] === undefined) whole[plan] ??= topic;
    else parts[plan]?.push(topic);
  }
  const single = whole['ip'] ?? whole['lb'];
  const corrections = single === undefined ? pick(parts['ip'], parts['lb']) : [single];
  if (corrections.length === 0)
    throw new WaymarkError('corrections.no-topic', `no correction topic for region ${region} among ${topics.length}`);
  const key = chooseKeyTopic(topics);
  return { corrections, ...(key ? { key } : {}) };
}

const pick = (first: string[] = [], second: string[] = []): string[] => (first.length > 0 ? first : second);

function chooseKeyTopic(topics: readonly string[]): ChosenTopics['key'] {
  for (const { path, format } of KEY_TOPICS) {
    const topic = topics.find((t) => path.test(t));
    if (topic !== undefined) return { topic, format };
  }
  return undefined;
}

const ASSISTANCE = /^\/?pp\/ubx\/mga$/i;
const ASSISTANCE_UPDATES = /^\/?pp\/ubx\/mga\/updates$/i;

/** The account's assistance topics: the full set, and what changes in it. */
export function assistanceTopics(topics: readonly string[]): { full?: string; updates?: string } {
  const full = topics.find((t) => ASSISTANCE.test(t));
  const updates = topics.find((t) => ASSISTANCE_UPDATES.test(t));
  return { ...(full === undefined ? {} : { full }), ...(updates === undefined ? {} : { updates }) };
}
