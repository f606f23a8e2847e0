// What a person is told of a new value on its way into force, in one sentence.
import type { RotationModel, WaitReason } from './rotation-machine.js';

const WAITS: Readonly<Record<WaitReason, (next: string, said: string) => string>> = {
  unreadable: (next, said) => `The new value in ${next} cannot be read: ${said}`,
  partner: (next) => `The new value in ${next} waits for its other half: put that beside its own file, too.`,
  prover: (next) =>
    `The new value in ${next} waits: nothing here can try it beforehand. Rename it over the old file if it is right.`,
  network: (next) => `The new value in ${next} waits for the network; then it is tried.`,
  weather: (next) => `The new value in ${next} could not be tried yet and is tried again by itself.`,
  disk: (next) => `The new value in ${next} works but could not be put in place (the disk); that is tried again.`,
};

export function rotationSentence({ phase, why, said }: RotationModel, name: string): string {
  const next = `${name}.next`;
  switch (phase) {
    case 'idle':
      return '';
    case 'waiting':
      return WAITS[why ?? 'weather'](next, said ?? '');
    case 'proving':
    case 'placing':
      return `The new value in ${next} is being tried; until it works the old one stays in force.`;
    case 'refused':
      return `The new value in ${next} was refused and the old one stays in force: put another one there, or remove the file.`;
    case 'read-only':
      return `The new value in ${next} works, but its directory cannot be written here: replace ${name} yourself.`;
    case 'probation':
      return `A new value is in force; the old one is kept in ${name}.prev until the new one has worked for a day.`;
  }
}
