// What one thing has published, in order of arrival, and what is current of it. In memory only, and bounded.
import type {
  AlarmRecord,
  AttributeRecord,
  LocationRecord,
  LogRecord,
  PropertyRecord,
  StoredRecords,
} from './control.js';
import { keep } from './ledger.js';

export interface Shelf {
  readonly stored: StoredRecords;
  readonly current: {
    readonly properties: ReadonlyMap<string, PropertyRecord>;
    readonly attributes: ReadonlyMap<string, AttributeRecord>;
    readonly alarms: ReadonlyMap<string, AlarmRecord>;
    location(): LocationRecord | undefined;
  };
  addLocation(record: LocationRecord): void;
  addProperty(record: PropertyRecord): void;
  addAttribute(record: AttributeRecord): void;
  addAlarm(record: AlarmRecord): void;
  addLog(record: LogRecord): void;
}

/** Distinct keys of each kind a thing may have. */
export const MAX_KEYS = 1000;

/** A late record of an earlier time does not become the current one. */
function renew<T extends { key: string; tsMs: number }>(current: Map<string, T>, record: T): void {
  const before = current.get(record.key);
  if (!before || record.tsMs >= before.tsMs) current.set(record.key, record);
}

export function createShelf(recordsPerThing: () => number): Shelf {
  const locations: LocationRecord[] = [];
  const properties: PropertyRecord[] = [];
  const attributes: AttributeRecord[] = [];
  const alarms: AlarmRecord[] = [];
  const logs: LogRecord[] = [];
  const currentProperties = new Map<string, PropertyRecord>();
  const currentAttributes = new Map<string, AttributeRecord>();
  const currentAlarms = new Map<string, AlarmRecord>();
  let location: LocationRecord | undefined;
  return {
    stored: { locations, properties, attributes, alarms, logs },
    current: {
      properties: currentProperties,
      attributes: currentAttributes,
      alarms: currentAlarms,
      location: () => location,
    },
    addLocation(record) {
      keep(locations, record, recordsPerThing());
      if (!location || record.tsMs >= location.tsMs) location = record;
    },
    addProperty(record) {
      keep(properties, record, recordsPerThing());
      renew(currentProperties, record);
    },
    addAttribute(record) {
      keep(attributes, record, recordsPerThing());
      renew(currentAttributes, record);
    },
    addAlarm(record) {
      keep(alarms, record, recordsPerThing());
      renew(currentAlarms, record);
    },
    addLog(record) {
      keep(logs, record, recordsPerThing());
    },
  };
}
