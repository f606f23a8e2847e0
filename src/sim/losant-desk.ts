// Carries out what the simulated Losant is told from outside, and tells how it is.
import type { SimLosant } from './clouds/losant/index.js';
import type { LosantCommand } from './commands-losant.js';
import { mistake } from './fields.js';

export interface LosantDesk {
  /** Gives what there is to report. Errors: `cli.usage`, as sentences. */
  perform(command: LosantCommand): Promise<Readonly<Record<string, unknown>>>;
  /** No secret and no token. */
  state(): Readonly<Record<string, unknown>>;
}

type Of<Name extends LosantCommand['do']> = Extract<LosantCommand, { do: Name }>;

export function createLosantDesk(losant: SimLosant): LosantDesk {
  const { ledger, broker } = losant;

  const change = async ({ change: changes, outage, cut, face }: Of<'losant'>): Promise<void> => {
    losant.configure(changes);
    if (face !== undefined) await losant.show(face);
    if (outage !== undefined) await broker.setOutage(outage);
    if (cut === true) broker.cutSessions();
  };
  const command = ({ name, payload, raw, bytes, device }: Of<'losant-command'>): Readonly<Record<string, unknown>> => {
    if (raw !== undefined || name === undefined) return { isDelivered: losant.commandRaw(raw ?? '', device) };
    const filled = bytes === undefined ? payload : { text: 'x'.repeat(bytes) };
    const { timeMs, isDelivered } = losant.command(name, filled, device);
    return { isDelivered, time: new Date(timeMs).toISOString() };
  };

  return {
    async perform(told) {
      switch (told.do) {
        case 'losant':
          await change(told);
          return {};
        case 'losant-fault': {
          const { fault, times, route } = told;
          if (fault === 'none') losant.clearFaults();
          else losant.pushFault(fault, { times, ...(route === undefined ? {} : { route }) });
          return {};
        }
        case 'losant-command':
          return command(told);
        case 'losant-device':
          if (!losant.changeDevice(told.what, told.device)) throw mistake('there is no such device');
          return {};
        case 'losant-key':
          if (!losant.changeKey(told.what, told.key)) throw mistake('there is no such key');
          return {};
        case 'losant-token':
          if (!losant.changeToken(told.what, told.which)) throw mistake('there is no such token any more');
          return {};
        case 'losant-ban':
          if (told.what === 'off') losant.liftBan(told.device);
          else return { forMs: losant.ban(told.forS === undefined ? undefined : told.forS * 1000, told.device) };
          return {};
      }
    },
    state() {
      const { states, requests, connects, bans, messages } = ledger;
      const [lastState, lastRequest, lastConnect] = [states.at(-1), requests.at(-1), connects.at(-1)];
      return {
        ...losant.settings,
        outage: broker.outage,
        sessions: broker.sessions,
        connects: connects.length,
        states: states.length,
        storedStates: states.filter(({ isStored }) => isStored).length,
        messages: Object.fromEntries(messages),
        bans: bans.length,
        banLeftMs: losant.banLeft(),
        requests: requests.length,
        ...(lastState ? { lastState } : {}),
        ...(lastRequest ? { lastRequest } : {}),
        ...(lastConnect ? { lastConnect } : {}),
      };
    },
  };
}
