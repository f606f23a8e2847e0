// What the two fronts of the simulated deviceWISE (MQTT, HTTP) share with the platform behind them.

/** How to reach the simulated deviceWISE. Holds a simulated token: hand it over, do not log it. */
export interface DeviceWiseDescription {
  appToken: string;
  mqtt: { host: string; port: number; plainPort: number };
  http: { url: string };
}

/** Who speaks, once admitted. */
export interface ThingSession {
  thingKey: string;
  /** The token it was admitted with: its role counts. */
  token: string;
}

export type Admission =
  | { is: 'welcome'; session: ThingSession }
  /** CONNACK code 2, 4 or 5; over HTTP a failed authentication. */
  | { is: 'refused'; connack: 2 | 4 | 5; why: string };

export type Json = Readonly<Record<string, unknown>>;

/** One answer to a whole request: by command id, or the failure of the whole at its root. */
export type Tr50Reply = Json;

/** The platform behind both fronts (specs/devicewise.md 2, 5.2). */
export interface DeviceWisePlatform {
  /** CONNECT, or `api.authenticate`. Binds the application id (MQTT client id) to the thing at its first time. */
  admit(who: { applicationId: string; thingKey: string; appToken: string; via: 'mqtt' | 'http' }): Admission;
  /** Carries out a request. Bytes that are no JSON, an empty object and the like are answered at the root. */
  execute(session: ThingSession, payload: Uint8Array): Tr50Reply;
  /** `thing/<key>/property/<key>` and the like: stored without an answer. */
  serverTopic(session: ThingSession, topic: string, payload: Uint8Array): void;
  /** Called with the key of a thing whose mailbox has something new. Returns the unsubscribe. */
  onMailbox(listener: (thingKey: string) => void): () => void;
  hasMail(thingKey: string): boolean;
  /** The thing came or went: what `thing.find` says as `connected`. */
  setConnected(thingKey: string, isConnected: boolean): void;
}
