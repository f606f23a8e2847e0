// Which paths the simulated PointPerfect account may read, and how the provisioning answer lists them
// (specs: PointPerfect answer 1.3, topics 2.2).
import { localizedTopicOf } from './localized-tiles.js';

export const REGIONS = ['eu', 'us', 'kr', 'au', 'jp'] as const;
export type SimRegion = (typeof REGIONS)[number];

export const GROUPS = ['gad', 'hpac', 'ocb'] as const;
export type CorrectionGroup = (typeof GROUPS)[number];

/** UBX-RXM-SPARTNKEY, both keys in one frame. */
export const KEY_FRAME_TOPIC = '/pp/ubx/0236/ip';
/** The same keys as JSON. */
export const KEY_JSON_TOPIC = '/pp/key/ip';
/** UBX-MGA, the full set at once. */
export const MGA_TOPIC = '/pp/ubx/mga';
/** UBX-MGA, what changes from then on. Readable, but the provisioning answer does not list it. */
export const MGA_UPDATES_TOPIC = '/pp/ubx/mga/updates';
/** L-band frequencies as JSON. */
export const FREQUENCIES_TOPIC = '/pp/frequencies/Lb';

export const regionTopic = (region: SimRegion): string => `/pp/ip/${region}`;
export const groupTopic = (region: SimRegion, group: CorrectionGroup): string => `${regionTopic(region)}/${group}`;

const REGION_WORDS: Readonly<Record<SimRegion, string>> = { eu: 'EU', us: 'US', kr: 'KR', au: 'AU', jp: 'Japan' };
const GROUP_WORDS: Readonly<Record<CorrectionGroup, string>> = {
  gad: 'geographic area definition',
  hpac: 'high-precision atmosphere correction',
  ocb: 'GNSS orbit, clocks and bias',
};

const regionPaths = (region: SimRegion): string[] => [regionTopic(region), ...GROUPS.map((g) => groupTopic(region, g))];

/** Every correction path of a region. */
export const CORRECTION_TOPICS: readonly string[] = REGIONS.flatMap(regionPaths);

/** Every path the provisioning answer lists. */
export const ALL_TOPICS: readonly string[] = [
  KEY_FRAME_TOPIC,
  MGA_TOPIC,
  KEY_JSON_TOPIC,
  ...CORRECTION_TOPICS,
  FREQUENCIES_TOPIC,
];

/** May the account subscribe to it? The listed paths, updates, and the localized topics (by rule, nobody lists those). */
export const mayRead = (topic: string): boolean =>
  ALL_TOPICS.includes(topic) || topic === MGA_UPDATES_TOPIC || localizedTopicOf(topic) !== undefined;

/** Corrections, of a region or of a node. */
export const isCorrectionTopic = (topic: string): boolean =>
  CORRECTION_TOPICS.includes(topic) || localizedTopicOf(topic)?.node !== undefined;

export interface ListedSubscription {
  description?: string;
  /** One path, or several joined by `;` when there is no description. */
  path: string;
}

/** The `subscriptions` member: described single paths first, then the joined conveniences that nobody should subscribe to. */
export function listedSubscriptions(): ListedSubscription[] {
  return [
    { description: 'IP key distribution topic', path: KEY_FRAME_TOPIC },
    { description: 'IP AssistNow topic', path: MGA_TOPIC },
    { description: 'IP key distribution topic (JSON)', path: KEY_JSON_TOPIC },
    ...REGIONS.flatMap((region) => {
      const title = `IP correction topic for ${REGION_WORDS[region]} region`;
      return [
        { description: title, path: regionTopic(region) },
        ...GROUPS.map((group) => ({ description: `${title} ${GROUP_WORDS[group]}`, path: groupTopic(region, group) })),
      ];
    }),
    { description: 'L-band frequencies topic', path: FREQUENCIES_TOPIC },
    ...REGIONS.map((region) => ({ path: [KEY_FRAME_TOPIC, MGA_TOPIC, ...regionPaths(region)].join(';') })),
  ];
}
