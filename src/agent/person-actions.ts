// What a person at the gateway may have done, by name, over the same narrow functions as what clouds may ask. Who may ask
// is decided at the door; that it is paid from the same budgets as what the gateway does by itself is decided here.
import { abortable, type Logger, WaymarkError } from '../core/index.js';
import type { PersonActionName, PersonActionResult } from '../status/index.js';
import { createPartEffects, type PartEffectDeps } from './cloud-commands/index.js';

export interface PersonActionDeps extends PartEffectDeps {
  log: Logger;
  /** Absent where the agent was not started from a file. */
  reloadConfig: (() => Promise<PersonActionResult>) | undefined;
  /** The agent's own life: what was begun is not broken off because somebody closes a page. */
  life: AbortSignal;
}

export type RunPersonAction = (name: PersonActionName, signal: AbortSignal) => Promise<PersonActionResult>;

const REASON = 'a person asked at the gateway';

/** Errors: `command.not-available`, what the part says that does it, the reason of the asker's signal. */
export function createPersonActions(deps: PersonActionDeps): RunPersonAction {
  const effects = createPartEffects(deps);

  async function act(name: PersonActionName): Promise<PersonActionResult> {
    switch (name) {
      case 'resubscribe':
        effects.resubscribe();
        return { message: 'The corrections are asked for again.' };
      case 'new-session':
        effects.newSession();
        return { message: 'The session is made anew.' };
      case 'renew-identity':
        effects.renewIdentity(REASON);
        return {
          message:
            'Another identity is asked for, within the service’s daily calls; the present one stays until the new one has connected.',
        };
      case 'recover':
        await effects.recover('bearer', deps.life);
        return { message: 'The data connection was taken down and is up again.' };
      case 'reset-modem':
        await effects.recover('module-reset', deps.life);
        return { message: 'The module was told to restart; it is away for about half a minute.' };
      case 'reload-config':
        if (!deps.reloadConfig)
          throw new WaymarkError('command.not-available', 'this agent was not started from a configuration file');
        return deps.reloadConfig();
    }
  }

  return async (name, signal) => {
    signal.throwIfAborted();
    deps.log.info('person.asked', { action: name });
    const work = act(name);
    work.catch((error: unknown) => deps.log.warn('person.failed', { action: name, error }));
    return abortable(work, signal);
  };
}
