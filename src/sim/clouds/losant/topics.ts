// Which MQTT topics a device may use (specs/losant.md sections 1.2 and 3).
import type { LosantKey } from './account.js';

const OWN = /^losant\/([^/]+)\/(state|command)$/;

/** Of `losant/D/state` and `losant/D/command`. */
export function losantTopic(topic: string): { deviceId: string; kind: 'state' | 'command' } | undefined {
  const [, deviceId, kind] = OWN.exec(topic) ?? [];
  return deviceId === undefined ? undefined : { deviceId, kind: kind === 'state' ? 'state' : 'command' };
}

export const commandTopic = (deviceId: string): string => `losant/${deviceId}/command`;

/** Does a topic filter with `+` and `#` cover a topic? */
export function coversTopic(filter: string, topic: string): boolean {
  const [wanted, given] = [filter.split('/'), topic.split('/')];
  for (const [i, part] of wanted.entries()) {
    if (part === '#') return true;
    if (given[i] === undefined || (part !== '+' && part !== given[i])) return false;
  }
  return wanted.length === given.length;
}

/** May the key use this topic besides its device's own? Everything below `losant` is Losant's. */
export function mayUseCustom(key: LosantKey, deviceId: string, topic: string, way: 'pub' | 'sub'): boolean {
  if (topic === 'losant' || topic.startsWith('losant/') || topic.startsWith('#') || topic.startsWith('+')) return false;
  const list = (way === 'pub' ? key.pubTopics : key.subTopics).map((each) => each.replaceAll('{{deviceId}}', deviceId));
  const isListed = list.some((filter) => coversTopic(filter, topic));
  switch (key.filterType) {
    case 'all':
      return true;
    case 'none':
      return false;
    case 'whitelist':
      return isListed;
    case 'blacklist':
      return !isListed;
  }
}
