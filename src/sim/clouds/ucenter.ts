// The configuration file the portal gives out for u-center, here for the ready identity: the way in for Things that cannot
// be provisioned (specs/ublox.md 1.9).
import { readFileSync } from 'node:fs';
import type { SimKeys } from '../keys.js';
import { writePrivate } from './files.js';
import { GROUPS, groupTopic, KEY_FRAME_TOPIC, REGIONS, regionTopic } from './topics.js';
import { shownKeys } from './ztp-answers.js';

export const ARMOURS = ['pem', 'bare'] as const;
export const KEY_SPELLINGS = ['dynamicKeys', 'dynamickeys'] as const;

export interface UcenterSettings {
  /** `bare`: certificates and key are base64 without armour and line breaks. */
  armour: (typeof ARMOURS)[number];
  keys: (typeof KEY_SPELLINGS)[number];
}

export const DEFAULT_UCENTER: UcenterSettings = { armour: 'pem', keys: 'dynamicKeys' };

export interface UcenterFacts {
  clientId: string;
  certFile: string;
  keyFile: string;
  caPem: string;
  brokerPort: number;
  keys: SimKeys;
}

const unarmoured = (pem: string): string => pem.replace(/-----[^-]+-----|\s/g, '');

/** Writes it, mode 0600. */
export function writeUcenterFile(file: string, facts: UcenterFacts, settings: UcenterSettings): void {
  const shown = (pem: string): string => (settings.armour === 'bare' ? unarmoured(pem) : pem);
  const config = {
    MQTT: {
      Connectivity: {
        Name: 'PointPerfect',
        ClientID: facts.clientId,
        Protocol: 'mqttv3.1.1',
        ServerURI: `ssl://localhost:${facts.brokerPort}`,
        ClientCredentials: {
          Type: 'Certificate',
          Key: shown(readFileSync(facts.keyFile, 'utf8')),
          Cert: shown(readFileSync(facts.certFile, 'utf8')),
          RootCA: shown(facts.caPem),
        },
        CleanSession: true,
        ConnectionTimeout: 60,
        KeepAliveInterval: 60,
        SSL: { Mode: 'Enabled', Protocol: 'TLSv1.2' },
      },
      Subscriptions: {
        Key: { QoS: 1, KeyTopics: [KEY_FRAME_TOPIC] },
        // The simulated broker has no such topic yet.
        AssistNow: { QoS: 1, AssistNowTopics: [] },
        Data: {
          QoS: 0,
          // A region, and the same once more as its joined parts.
          DataTopics: REGIONS.flatMap((region) => [
            regionTopic(region),
            [KEY_FRAME_TOPIC, ...GROUPS.map((group) => groupTopic(region, group))].join(';'),
          ]),
        },
      },
      [settings.keys]: shownKeys(facts.keys),
    },
  };
  writePrivate(file, `${JSON.stringify(config, null, 2)}\n`);
}
