// Carries out what a module is told from outside, and keeps the named faults that are pushed in front of it.
import type { ModuleCommand } from './commands.js';
import { mistake } from './fields.js';
import { NAMED_FAULTS } from './module/faults.js';
import type { SimModule } from './module/options.js';

export interface ModuleDesk {
  /** Gives what there is to report. Errors: `cli.usage`, as sentences. */
  perform(command: ModuleCommand): Readonly<Record<string, unknown>>;
  /** What `state` tells of the module; no code of the card. */
  state(): Readonly<Record<string, unknown>>;
}

export function createModuleDesk(module: SimModule): ModuleDesk {
  let faults: { name: string; remove: () => void }[] = [];

  const setCard = (change: Extract<ModuleCommand, { do: 'card' }>['change']): void => {
    const { state, isPinEnabled, pinTries, pukTries } = module.state.card;
    // A change of state brings its own counters; without one, what is not named stays.
    if (change.state !== undefined) module.setSim(change.state, change);
    else module.setSim(state, { isPinEnabled, pinTries, pukTries, ...change });
  };
  const push = (name: string, args: Readonly<Record<string, unknown>>): void => {
    const make = Object.hasOwn(NAMED_FAULTS, name) ? NAMED_FAULTS[name] : undefined;
    if (!make) throw mistake(`name must be one of ${Object.keys(NAMED_FAULTS).join(', ')}`);
    faults.push({ name, remove: module.push(make(args)) });
  };
  const heal = (name: string | undefined): string[] => {
    const healed = faults.filter((fault) => name === undefined || fault.name === name);
    if (name !== undefined && healed.length === 0) throw mistake(`${name} is not pushed`);
    for (const { remove } of healed) remove();
    faults = faults.filter((fault) => !healed.includes(fault));
    return healed.map((fault) => fault.name);
  };

  return {
    perform(command) {
      switch (command.do) {
        case 'pdp':
          module.setPdpActive(command.active);
          return {};
        case 'card':
          if (command.absentMs === undefined) setCard(command.change);
          else module.swapSim(command.change, command.absentMs);
          return {};
        case 'coverage':
          module.setRegistration(command.change);
          return {};
        case 'signal':
          module.setSignal(command.change);
          return {};
        case 'urc':
          module.urc(command.text);
          return {};
        case 'fault':
          push(command.name, command.args);
          return {};
        case 'heal':
          return { healed: heal(command.name) };
        case 'devicewise-drop':
          module.deviceWise.drop(command.code);
          return {};
        case 'transcript':
          return { lines: module.transcriptLines.slice(-command.last) };
      }
    },
    state() {
      const { identity, power, card, functionality, registration, coverage, signal, operator } = module.state;
      const { state, isPinEnabled, pinTries, pukTries, iccid } = card;
      return {
        identity,
        power,
        functionality,
        registration,
        pdpActive: module.pdpActive,
        card: { state, isPinEnabled, pinTries, pukTries, iccid },
        coverage,
        signal,
        operator,
        counters: module.counters,
        deviceWise: { ...module.deviceWise.state(), ...module.deviceWise.counters },
        faults: faults.map(({ name }) => name),
      };
    },
  };
}
