// What a gateway took for deviceWISE against what the simulated deviceWISE has stored, record by record.
import type { NewRecord } from '../../src/core/index.js';
import type { World } from '../../src/sim/index.js';
import type { CloudView, StatusSnapshot } from '../../src/status/index.js';

/** Records the agent has taken for deviceWISE, by id: kept here, and never asked of it again. */
export interface Taken {
  readonly records: ReadonlyMap<string, NewRecord>;
  readonly onRecord: (cloud: string, id: string, record: NewRecord) => void;
  readonly positions: () => readonly (readonly [string, NewRecord])[];
}

export function takenRecords(): Taken {
  const records = new Map<string, NewRecord>();
  return {
    records,
    onRecord(cloud, id, record) {
      if (cloud === 'devicewise') records.set(id, record);
    },
    positions: () => [...records].filter(([, { kind, body }]) => kind === 'position' && body['cell'] === undefined),
  };
}

export const devicewise = ({ clouds = [] }: StatusSnapshot): CloudView => {
  const found = clouds.find(({ name }) => name === 'devicewise');
  if (!found) throw new Error('no devicewise in the status');
  return found;
};

export const isOnline = (status: StatusSnapshot): boolean => devicewise(status).state === 'online';

/** Positions as they left the gateway, at `decimals` of a degree. */
export const positionsSent = (taken: Taken, decimals: number) =>
  taken.positions().map(([id, { body, utcMs }]) => ({
    id,
    tsMs: utcMs,
    lat: Number(body['latitudeDeg']).toFixed(decimals),
    lng: Number(body['longitudeDeg']).toFixed(decimals),
    altitude: Number(body['altitudeMslM']).toFixed(2),
    fixAcc: Number(body['accuracyM']).toFixed(2),
  }));

/** Positions as deviceWISE has them, those looked up from cells left out. */
export const positionsStored = ({ clouds }: World, thingKey: string, decimals: number) =>
  clouds.devicewise.platform
    .stored(thingKey)
    .locations.filter(({ isFromCells }) => !isFromCells)
    .map(({ corrId, tsMs, lat, lng, altitude, fixAcc }) => ({
      id: corrId,
      tsMs,
      lat: lat.toFixed(decimals),
      lng: lng.toFixed(decimals),
      altitude: Number(altitude).toFixed(2),
      fixAcc: Number(fixAcc).toFixed(2),
    }));

/** A method of that thing, for as long as it takes. */
export const callMethod = (
  { clouds }: World,
  thingKey: string,
  name: string,
  params?: Readonly<Record<string, unknown>>,
): string => clouds.devicewise.platform.method(thingKey, name, params, { ttlS: -1, ackTimeoutS: -1 });

export const methodSeen = ({ clouds }: World, thingKey: string, id: string) => {
  const found = clouds.devicewise.platform.methodsOf(thingKey).find((call) => call.id === id);
  if (!found) throw new Error(`no method ${id}`);
  return found;
};

/** Values of one key, each once. */
export const textsStored = ({ clouds }: World, thingKey: string, key: string): readonly (string | null)[] => [
  ...new Set(
    clouds.devicewise.platform
      .stored(thingKey)
      .attributes.filter((attribute) => attribute.key === key)
      .map(({ value }) => value),
  ),
];

/** Numbers of the state records, by record and key. */
export const numbersSent = (taken: Taken): ReadonlyMap<string, number> =>
  new Map(
    [...taken.records].flatMap(([id, { kind, body }]) =>
      kind === 'state'
        ? Object.entries(body).flatMap(([key, value]): [string, number][] =>
            typeof value === 'number' ? [[`${id} ${key}`, value]] : [],
          )
        : [],
    ),
  );

export const numbersStored = ({ clouds }: World, thingKey: string): ReadonlyMap<string, number> =>
  new Map(
    clouds.devicewise.platform.stored(thingKey).properties.map(({ corrId, key, value }) => [`${corrId} ${key}`, value]),
  );
