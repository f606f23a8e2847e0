// What a person may ask a running agent for by name: page, API, command line and the OpenAPI document are made from this
// one list. Who may ask is decided at the door (specs/reliability.md section 6); what it does is the agent's.

export interface PersonAction {
  /** On the button. */
  label: string;
  /** What happens, one sentence. */
  description: string;
  /** True when service stops for a while: a page asks twice. */
  interrupts: boolean;
}

export const PERSON_ACTIONS = {
  resubscribe: {
    label: 'Ask for corrections again',
    description: 'Asks the service for the corrections anew, on the session that is up.',
    interrupts: false,
  },
  'new-session': {
    label: 'New session',
    description: 'Ends the session with the correction service and makes another.',
    interrupts: true,
  },
  'renew-identity': {
    label: 'Renew identity',
    description: 'Asks for new certificates and keys; the present ones stay until the new ones have connected.',
    interrupts: false,
  },
  recover: {
    label: 'Recover the data connection',
    description: 'Takes down the module’s data connection and brings it up again.',
    interrupts: true,
  },
  'reset-modem': {
    label: 'Restart the module',
    description: 'Restarts the cellular module by its own command; it is away for half a minute.',
    interrupts: true,
  },
  'reload-config': {
    label: 'Read the configuration again',
    description: 'Reads the configuration file; with a mistake in it the one in force stays.',
    interrupts: false,
  },
} as const satisfies Readonly<Record<string, PersonAction>>;

export type PersonActionName = keyof typeof PERSON_ACTIONS;

export const isPersonAction = (name: unknown): name is PersonActionName =>
  typeof name === 'string' && Object.hasOwn(PERSON_ACTIONS, name);

/** What came of it, one sentence for the person. */
export interface PersonActionResult {
  message: string;
}
