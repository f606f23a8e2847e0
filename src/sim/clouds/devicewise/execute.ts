// Carries out commands one after the other: rate, permission, the thing it is about, then the command itself.
import { isRecord } from '../../fields.js';
import { THING_IDS, type Thing } from './account.js';
import { failed, noThing, type Outcome } from './answers.js';
import type { Cloud, CommandEntry, CommandGroup, Target } from './command.js';
import { EVENT_COMMANDS } from './commands-events.js';
import { MAILBOX_COMMANDS } from './commands-mailbox.js';
import { THING_COMMANDS } from './commands-thing.js';
import { VALUE_COMMANDS } from './commands-values.js';
import type { Json, ThingSession } from './types.js';

const groups: readonly CommandGroup[] = [VALUE_COMMANDS, EVENT_COMMANDS, MAILBOX_COMMANDS, THING_COMMANDS];
const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map(groups.flatMap((group) => Object.entries(group)));

const isWithin = (roles: readonly string[], command: string): boolean => roles.includes('*') || roles.includes(command);

/** What names another thing than the one that speaks. A cell carries an IMEI of its own, so locations have fewer. */
function namesOf(command: string, target: Target): readonly string[] {
  if (target === 'own') return [];
  if (target === 'any')
    return command.startsWith('location.') ? ['thingKey', 'thingId'] : ['thingKey', 'thingId', ...THING_IDS];
  return command === 'thing.find'
    ? ['thingKey', 'key', 'thingId', 'id', ...THING_IDS]
    : ['thingKey', 'key', 'thingId', 'id'];
}

function isNamed(thing: Thing, name: string, value: unknown): boolean {
  if (name === 'key' || name === 'thingKey') return thing.key === value;
  if (name === 'id' || name === 'thingId') return thing.id === value;
  const text = typeof value === 'number' ? String(value) : value;
  return THING_IDS.some((each) => each === name && thing.ids[each] !== undefined && thing.ids[each] === text);
}

export interface Executor {
  /** One command of a session. `roles`: undefined when the token is known no longer. */
  run(session: ThingSession, command: string | undefined, params: unknown, roles: readonly string[]): Outcome;
}

export function createExecutor(cloud: Cloud, isWithinRate: (thingKey: string) => boolean): Executor {
  const { account } = cloud;
  const thingFor = (speaker: Thing, command: string, target: Target, params: Json): Thing | undefined => {
    const name = namesOf(command, target).find((each) => Object.hasOwn(params, each));
    return name === undefined ? speaker : account.things.find((thing) => isNamed(thing, name, params[name]));
  };
  return {
    run(session, command, params, roles) {
      if (!isWithinRate(session.thingKey)) return failed('rate', `${cloud.settings().callsPerSecond} a second`);
      if (command === undefined || !isRecord(params)) return failed('parameter', 'this is no command');
      const entry = COMMANDS.get(command);
      if (!entry) return failed('unknown-command', command);
      if (entry.isFree !== true && !isWithin(roles, command)) return failed('permission', command);
      const speaker = account.things.find(({ key }) => key === session.thingKey);
      const thing = speaker && thingFor(speaker, command, entry.target, params);
      if (!thing) return noThing;
      return entry.run({ cloud, thing, speaker, raw: params, nowMs: cloud.clock.wall() });
    },
  };
}
