import { describe, expect, test } from 'vitest';
import { createRunner, type Transition, unreachable } from '../../src/core/index.js';

type Event = 'go' | 'again' | 'boom';
const next: Transition<number, Event, string> = (state, event) => {
  switch (event) {
    case 'go':
      return { state: state + 1, effects: [`did ${state + 1}`] };
    case 'again':
      return { state };
    case 'boom':
      throw new Error('boom');
    default:
      return unreachable(event);
  }
};

describe('machine runner', () => {
  test('events sent from within an effect wait until the transition is complete', () => {
    const order: string[] = [];
    const runner = createRunner<number, Event, string>({
      initial: 0,
      next,
      perform: (effect) => {
        order.push(`${effect} at ${runner.state}`);
        if (runner.state < 3) {
          runner.send('go');
          order.push(`sent at ${runner.state}`);
        }
      },
      onTransition: (from, to, event) => order.push(`${event}: ${from} to ${to}`),
    });
    runner.send('go');
    expect(runner.state).toBe(3);
    expect(order).toEqual([
      'go: 0 to 1',
      'did 1 at 1',
      'sent at 1',
      'go: 1 to 2',
      'did 2 at 2',
      'sent at 2',
      'go: 2 to 3',
      'did 3 at 3',
    ]);
  });

  test('an event that changes nothing is no transition', () => {
    let transitions = 0;
    const runner = createRunner<number, Event, string>({ initial: 5, next, onTransition: () => transitions++ });
    runner.send('again');
    expect(transitions).toBe(0);
    expect(runner.state).toBe(5);
  });

  test('a throwing transition reaches the sender and leaves the runner usable', () => {
    const runner = createRunner<number, Event, string>({ initial: 0, next });
    expect(() => runner.send('boom')).toThrow('boom');
    runner.send('go');
    expect(runner.state).toBe(1);
  });

  test('a forgotten case says which', () => {
    expect(() => next(0, 'what' as Event)).toThrow('unreachable: "what"');
  });
});
