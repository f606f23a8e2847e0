// What the gateway took for deviceWISE, against what the cloud has stored of it: value by value, by the record's id. Told
// here once more from the records alone, so that a mistake on the way cannot hide in a rule that both sides share.
import type { NewRecord } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';

export interface Taken {
  id: string;
  record: NewRecord;
}

type Stored = ReturnType<World['clouds']['devicewise']['platform']['stored']>;
interface Base {
  corrId?: string;
  tsMs: number;
  isTimed: boolean;
  coerced: readonly string[];
}

/** As often as it is stored. */
export function byRecord<T extends { corrId?: string }>(stored: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const one of stored) found.set(one.corrId ?? '', [...(found.get(one.corrId ?? '') ?? []), one]);
  return found;
}

const round = (value: unknown, digits: number): number | undefined =>
  typeof value === 'number' ? Number(value.toFixed(digits)) : undefined;

/** Decimals of a coordinate that survive the road: six where the module writes the numbers anew, otherwise seven. */
export type CoordinateDigits = 6 | 7;

/** One sentence for each value that is missing, there twice, or not what was taken. */
export function differences(taken: readonly Taken[], stored: Stored, digits: CoordinateDigits): readonly string[] {
  const wrong: string[] = [];
  const locations = byRecord(stored.locations);
  const properties = byRecord(stored.properties);
  const attributes = byRecord(stored.attributes);
  const alarms = byRecord(stored.alarms);
  const logs = byRecord(stored.logs);
  /** The cloud keeps only what has changed. */
  const current = { attributes: new Map<string, string>(), alarms: new Map<string, number>() };

  const compare = (what: string, got: unknown, wanted: unknown): void => {
    if (!Object.is(got, wanted)) wrong.push(`${what}: ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
  };
  const stamp = (what: string, { utcMs, timeQuality }: NewRecord, base: Base): void => {
    // Without a time of its own it is told by its age, or not at all.
    if (timeQuality === 'utc') compare(`${what} time`, base.tsMs, utcMs);
    if (base.coerced.length > 0) wrong.push(`${what}: not of its type: ${base.coerced.join(', ')}`);
  };
  const only = <T>(what: string, found: readonly T[] = []): T | undefined => {
    if (found.length !== 1) wrong.push(`${what}: stored ${found.length} times`);
    return found[0];
  };

  for (const { id, record } of taken) {
    const { kind, body } = record;
    if (kind === 'position' && typeof body['latitudeDeg'] === 'number') {
      const place = only(id, locations.get(id));
      if (!place) continue;
      // A receiver tells ten-millionths of a degree; the rest is the noise of the arithmetic.
      compare(`${id} lat`, place.lat, round(round(body['latitudeDeg'], 7), digits));
      compare(`${id} lng`, place.lng, round(round(body['longitudeDeg'], 7), digits));
      compare(`${id} altitude`, place.altitude, round(body['altitudeMslM'], 2));
      compare(`${id} accuracy`, place.fixAcc, round(body['accuracyM'], 2));
      stamp(id, record, place);
    } else if (kind === 'state' && typeof body['event'] !== 'string') {
      for (const [key, value] of Object.entries(body)) {
        const what = `${id} ${key}`;
        if (typeof value === 'number') {
          const one = only(
            what,
            properties.get(id)?.filter((each) => each.key === key),
          );
          if (!one) continue;
          compare(what, one.value, Number.isInteger(value) ? value : round(value, 6));
          stamp(what, record, one);
        } else {
          const isNew = current.attributes.get(key) !== String(value);
          current.attributes.set(key, String(value));
          if (!isNew) continue;
          const one = only(
            what,
            attributes.get(id)?.filter((each) => each.key === key),
          );
          if (one) compare(what, one.value, String(value));
        }
      }
    } else if (kind === 'alarm') {
      const key = String(body['subject']);
      const state = body['isOver'] === true ? 0 : 1;
      const isNew = current.alarms.get(key) !== state;
      current.alarms.set(key, state);
      if (!isNew) continue;
      const one = only(`${id} alarm`, alarms.get(id));
      if (!one) continue;
      compare(`${id} alarm`, one.state, state);
      const words = [body['code'], body['message']]
        .filter((text) => typeof text === 'string' && text !== '')
        .join(': ');
      compare(`${id} message`, one.msg ?? '', words);
    } else if (kind === 'log' || kind === 'gap' || kind === 'state') {
      only(`${id} log`, logs.get(id));
    }
  }
  return wrong;
}
