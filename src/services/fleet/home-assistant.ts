// What Home Assistant has to be told to show a gateway without being configured: one retained message an entity, below its
// own prefix. It reads the two topics everybody else reads.
import type { FleetSelf, FleetTopics } from './topics.js';

const DISCOVERY_PREFIX = 'homeassistant';

interface Entity {
  component: 'binary_sensor' | 'sensor';
  id: string;
  name: string;
  more: Readonly<Record<string, string>>;
}

const ENTITIES: readonly Entity[] = [
  {
    component: 'binary_sensor',
    id: 'serving',
    name: 'Serving',
    more: {
      device_class: 'connectivity',
      value_template: "{{ 'ON' if value_json.state == 'serving' else 'OFF' }}",
    },
  },
  {
    component: 'binary_sensor',
    id: 'problem',
    name: 'Problem',
    more: { device_class: 'problem', value_template: "{{ 'OFF' if value_json.overall == 'ok' else 'ON' }}" },
  },
  { component: 'sensor', id: 'why', name: 'Why', more: { value_template: '{{ value_json.why[:255] }}' } },
  {
    component: 'sensor',
    id: 'fix',
    name: 'Fix',
    more: { value_template: "{{ value_json.fix.quality | default('none') }}" },
  },
  {
    component: 'sensor',
    id: 'correction_age',
    name: 'Correction age',
    more: {
      device_class: 'duration',
      unit_of_measurement: 's',
      state_class: 'measurement',
      value_template: '{{ value_json.corrections.ageS | default(none) }}',
    },
  },
  {
    component: 'sensor',
    id: 'signal',
    name: 'Signal',
    more: {
      device_class: 'signal_strength',
      unit_of_measurement: 'dBm',
      state_class: 'measurement',
      value_template: '{{ value_json.signalDbm | default(none) }}',
    },
  },
];

export interface Announcement {
  topic: string;
  payload: string;
}

/** A name may hold dots, an object id may not. */
const objectId = (gateway: string): string => `waymark_${gateway.replaceAll(/[^A-Za-z0-9_-]/g, '_')}`;

export function announcements(self: FleetSelf, topics: FleetTopics): readonly Announcement[] {
  const device = {
    identifiers: [objectId(self.gateway)],
    name: self.gateway,
    manufacturer: 'Waymark',
    model: 'gateway',
    sw_version: self.version,
  };
  return ENTITIES.map(({ component, id, name, more }) => ({
    topic: `${DISCOVERY_PREFIX}/${component}/${objectId(self.gateway)}/${id}/config`,
    payload: JSON.stringify({
      name,
      unique_id: `${objectId(self.gateway)}_${id}`,
      state_topic: topics.status,
      availability_topic: topics.life,
      availability_template: "{{ 'online' if value_json.life == 'alive' else 'offline' }}",
      device,
      ...more,
    }),
  }));
}
