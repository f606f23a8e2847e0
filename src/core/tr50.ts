// What is said to deviceWISE and what it answers, in the terms of TR50, whichever road it takes (specs/devicewise.md 2.3).

/** One command without its id. */
export interface Tr50Command {
  /** `location.publish`. */
  command: string;
  /** Any JSON; left out when there is nothing to say. */
  params?: Readonly<Record<string, unknown>>;
}

/** What became of one command. Exactly one a command, whatever happens. */
export type Tr50Outcome =
  /** The cloud's own word. `params` is empty where it said nothing more. */
  | { is: 'ok'; params: Readonly<Record<string, unknown>> }
  /** The cloud refuses it. The module's own client hands on the first text alone: no codes then. */
  | { is: 'failed'; codes: readonly number[]; messages: readonly string[] }
  /** No answer in time: it may have had its effect. */
  | { is: 'timeout' }
  | { is: 'link-lost' }
  /** Never left the gateway: too long for this road, or no JSON. `mayPass`: whether it is the command’s fault is not known. */
  | { is: 'unsendable'; reason: string; mayPass?: true }
  /** Not tried: the road is busy or was refused for its speed. */
  | { is: 'busy'; retryAfterMs: number };

/** A method the cloud calls on this gateway. Untrusted. */
export interface MethodCall {
  /** Of the mailbox message: the same call has the same id, however often it is delivered. */
  id: string;
  method: string;
  params: Readonly<Record<string, unknown>>;
  /** Key of the thing definition it was called through. */
  thingDefKey?: string;
}

/** Codes of the module's client that speak of token or application id, not of coverage (specs/devicewise.md 1.6). */
export const TR50_AUTH_CODES: readonly number[] = [-18205, -18207, -18208];
