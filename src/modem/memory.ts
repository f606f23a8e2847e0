// What one modem remembers from link to link while the process lives, so that nothing is written or said in a circle.

export interface ModemMemory {
  /** The switch to the network card mode: at most one a process. */
  ecm: 'untried' | 'switched' | 'refused';
  /** Context definitions written so far: a module that does not keep one is not written to again. */
  readonly definitions: Set<string>;
  /** We brought the context up: then we also take it down where it may not be used. */
  broughtUp: boolean;
  /** Cards seen asking for a PIN whose attempt has no known outcome. */
  readonly askedSince: Set<string>;
  /** Cards that said OK to the PIN and went on asking for it. */
  readonly acceptedInVain: Set<string>;
  /** Notes already in the log. */
  readonly said: Set<string>;
}

export function createMemory(): ModemMemory {
  return {
    ecm: 'untried',
    definitions: new Set(),
    broughtUp: false,
    askedSince: new Set(),
    acceptedInVain: new Set(),
    said: new Set(),
  };
}

/** True the first time. */
export function isNews(memory: ModemMemory, note: string): boolean {
  if (memory.said.has(note)) return false;
  memory.said.add(note);
  return true;
}
