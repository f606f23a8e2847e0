// What differs between module families, as data. The generic profile works with anything that follows 27.007.

export interface Profile {
  readonly name: string;
  /** Manufacturer text of `+CGMI` that selects it. */
  readonly manufacturer?: RegExp;
  /** Unsolicited prefixes beyond the standard set. */
  readonly urcPrefixes: readonly string[];
  /** Lines that show a restart when they come while the module was ready. */
  readonly lateBootTexts: readonly string[];
  /** Sent once after identification; each may be refused. */
  readonly setup: readonly string[];
  /** Tried in order until one answers. */
  readonly iccidCommands: readonly string[];
  /** How the state of contexts is read, in order. */
  readonly activationQueries: readonly string[];
  /** Brings the named context up and down. */
  readonly activate: (contextId: number) => string;
  readonly deactivate: (contextId: number) => string;
  /** Restarts the module. */
  readonly restart: string;
}
