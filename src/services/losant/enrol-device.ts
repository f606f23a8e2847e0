// The device as it is created: its name, tags and attributes (specs/losant.md sections 2.1 and 3). An attribute that is
// not declared is not stored by Losant, so everything the gateway ever says is declared here.
import { WaymarkError } from '../../core/index.js';

export interface EnrolHardware {
  imei: string;
  iccid?: string;
  serial?: string;
  model?: string;
}

export interface LosantAttribute {
  name: string;
  dataType: 'gps' | 'number' | 'string';
}

const NUMBERS = [
  ...['accuracy', 'hdop', 'satellites', 'rsrp', 'rsrq', 'modem_temp', 'uptime', 'queue_depth', 'gap_count'],
] as const;
const TEXTS = [
  ...['fix_type', 'position_source', 'operator', 'agent_state', 'agent_why', 'alarm', 'last_command'],
  ...['last_command_result', 'record_id'],
] as const;
const MAX_ATTRIBUTES = 256;

/** `cred_<id>`; what an attribute's name may not hold becomes `_`. */
export const credentialAttribute = (id: string): string => `cred_${id.replace(/[^0-9a-zA-Z_-]/g, '_')}`.slice(0, 255);

/** Everything the gateway says of itself, in Losant's data types. */
export function losantAttributes(credentialIds: readonly string[] = []): LosantAttribute[] {
  const credentials = [...new Set(credentialIds.map(credentialAttribute))];
  return [
    { name: 'location', dataType: 'gps' as const },
    ...NUMBERS.map((name) => ({ name, dataType: 'number' as const })),
    ...[...TEXTS, ...credentials].map((name) => ({ name, dataType: 'string' as const })),
  ].slice(0, MAX_ATTRIBUTES);
}

/** `key=value` of the configuration. Errors: `losant.config`. */
export function readTags(tags: readonly string[]): { key: string; value: string }[] {
  return tags.map((tag) => {
    const [, key, value] = /^([0-9a-zA-Z_-]{1,255})=([^\p{C}]{1,255})$/u.exec(tag) ?? [];
    if (key === undefined || value === undefined)
      throw new WaymarkError('losant.config', 'a tag is not of the form key=value', {
        hint: 'Write losant.enrol.tags as key=value, the key of letters, digits, _ and -.',
      });
    return { key, value };
  });
}

/** The body of `POST /applications/A/devices`. Tags of the hardware go before those of the configuration. */
export function deviceBody(
  hardware: EnrolHardware,
  tags: readonly { key: string; value: string }[],
  credentialIds: readonly string[],
): Record<string, unknown> {
  const own = (['imei', 'iccid', 'serial', 'model'] as const).flatMap((key) => {
    const value = hardware[key];
    return value === undefined || value === '' ? [] : [{ key, value: value.slice(0, 255) }];
  });
  return {
    name: `gw-${hardware.imei}`,
    deviceClass: 'standalone',
    tags: [...own, ...tags.filter(({ key }) => !own.some((each) => each.key === key))].slice(0, 100),
    attributes: losantAttributes(credentialIds),
  };
}
