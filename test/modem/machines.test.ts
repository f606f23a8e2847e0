import { describe, expect, test } from 'vitest';
import { type ErrorCode, WaymarkError } from '../../src/core/index.js';
import { type BringUpEvent, type BringUpState, nextBringUp, STAGES } from '../../src/modem/bringup.js';
import { parseRegistration } from '../../src/modem/codec/registration.js';
import { NOT_REGISTERED, nextRegistration, stateOfStat } from '../../src/modem/registration.js';

const failure = (code: ErrorCode) => new WaymarkError(code, 'x');

describe('bring-up machine', () => {
  test('a healthy module passes every stage in order, the app token starts after identification', () => {
    let state: BringUpState = { at: 'idle' };
    const work: string[] = [];
    for (const event of [{ is: 'begin' }, ...STAGES.map(() => ({ is: 'done' }))] as BringUpEvent[]) {
      const step = nextBringUp(state, event);
      state = step.state;
      work.push(...step.effects.map((effect) => (effect.do === 'work' ? effect.stage : effect.do)));
    }
    expect(state).toEqual({ at: 'ready' });
    expect(work).toEqual([
      'sync',
      'identify',
      'start-app-token',
      'sim',
      'registration',
      'signal',
      'bearer',
      'clock',
      'app-token',
      'announce-ready',
    ]);
  });

  const working = (stage: (typeof STAGES)[number]): BringUpState => ({ at: 'working', stage });
  const table: [string, BringUpState, BringUpEvent, Partial<BringUpState>][] = [
    [
      'a SIM that is busy is asked again',
      working('sim'),
      { is: 'not-yet', error: failure('sim.failure'), elapsedMs: 5000 },
      { at: 'pausing' },
    ],
    [
      'a SIM that stays busy fails',
      working('sim'),
      { is: 'not-yet', error: failure('sim.failure'), elapsedMs: 30_000 },
      { at: 'failed' },
    ],
    [
      'a locked SIM fails at once',
      working('sim'),
      { is: 'not-yet', error: failure('sim.pin'), elapsedMs: 0 },
      { at: 'failed' },
    ],
    ...(['sim.pin-refused', 'sim.pin-guarded', 'modem.injection', 'vault.write', 'vault.unreadable'] as const).map(
      (code): [string, BringUpState, BringUpEvent, Partial<BringUpState>] => [
        `a PIN that may not be sent (${code}) fails at once`,
        working('sim'),
        { is: 'not-yet', error: failure(code), elapsedMs: 0 },
        { at: 'failed' },
      ],
    ),
    [
      'a foreign network that may not be used is waited out for a while',
      working('registration'),
      { is: 'not-yet', error: failure('network.roaming'), elapsedMs: 10_000 },
      { at: 'pausing' },
    ],
    [
      'a foreign network that may not be used is believed in the end',
      working('registration'),
      { is: 'not-yet', error: failure('network.roaming'), elapsedMs: 30_000 },
      { at: 'failed' },
    ],
    [
      'a blocked SIM fails at once',
      working('sim'),
      { is: 'failed', error: failure('sim.puk'), elapsedMs: 0, lost: false },
      { at: 'failed' },
    ],
    [
      'a receiver on the port fails at once',
      working('sync'),
      { is: 'not-yet', error: failure('modem.wrong-device'), elapsedMs: 0 },
      { at: 'failed' },
    ],
    [
      'a silent module is asked again',
      working('sync'),
      { is: 'not-yet', error: failure('modem.timeout'), elapsedMs: 10_000 },
      { at: 'pausing' },
    ],
    [
      'a network still searched is waited for',
      working('registration'),
      { is: 'not-yet', error: failure('network.searching'), elapsedMs: 60_000 },
      { at: 'pausing' },
    ],
    [
      'a denial is believed after a while',
      working('registration'),
      { is: 'not-yet', error: failure('network.denied'), elapsedMs: 30_000 },
      { at: 'failed' },
    ],
    [
      'no signal figures do not matter',
      working('signal'),
      { is: 'failed', error: failure('modem.error'), elapsedMs: 0, lost: false },
      { at: 'working', stage: 'bearer' },
    ],
    [
      'a failing app token does not matter',
      working('app-token'),
      { is: 'failed', error: failure('modem.error'), elapsedMs: 0, lost: false },
      { at: 'ready' },
    ],
    [
      'a lost port matters in every stage',
      working('signal'),
      { is: 'failed', error: failure('link.closed'), elapsedMs: 0, lost: true },
      { at: 'failed' },
    ],
    [
      'a lost port ends a pause',
      { at: 'pausing', stage: 'sim' },
      { is: 'failed', error: failure('link.closed'), elapsedMs: 0, lost: true },
      { at: 'failed' },
    ],
    ['a pause over means work', { at: 'pausing', stage: 'sim' }, { is: 'paused' }, working('sim')],
    ['ready is the end', { at: 'ready' }, { is: 'done' }, { at: 'ready' }],
    ['stray events change nothing', working('sim'), { is: 'paused' }, working('sim')],
    ['nothing before begin', { at: 'idle' }, { is: 'done' }, { at: 'idle' }],
  ];
  test.each(table)('%s', (_name, state, event, wanted) => {
    expect(nextBringUp(state, event).state).toMatchObject(wanted);
  });
});

test('under a scaled clock patience keeps its floor of device time', () => {
  const state: BringUpState = { at: 'working', stage: 'sync' };
  const event: BringUpEvent = { is: 'not-yet', error: failure('modem.timeout'), elapsedMs: 50_000 };
  expect(nextBringUp(state, event).state.at).toBe('failed');
  expect(nextBringUp(state, event, (ms) => ms * 1000).state.at).toBe('pausing');
});

describe('registration machine', () => {
  const play = (...lines: (string | { unsupported: '+CEREG' | '+CGREG' | '+CREG' })[]) => {
    let state = NOT_REGISTERED;
    const effects: string[] = [];
    for (const line of lines) {
      const step = nextRegistration(
        state,
        typeof line === 'string'
          ? { is: 'report', report: parseRegistration(line)! }
          : { is: 'unsupported', domain: line.unsupported },
      );
      state = step.state;
      effects.push(...step.effects.map((effect) => effect.do));
    }
    return { ...state.summary, effects };
  };

  test('a packet domain at home or roaming is registered', () => {
    expect(play('+CEREG: 2,1,"1F00","79D903",7')).toEqual({
      state: 'home',
      technology: 'LTE',
      areaCode: '1F00',
      cellId: '79D903',
      effects: ['registered'],
    });
    expect(play('+CGREG: 5')).toMatchObject({ state: 'roaming' });
  });

  test('voice alone is no data, whatever the packet domains search', () => {
    expect(play('+CREG: 1', '+CEREG: 2')).toMatchObject({ state: 'searching', effects: [] });
    expect(play('+CREG: 1')).toMatchObject({ state: 'unknown' });
  });

  test('voice counts where the module has no packet domain at all', () => {
    expect(play({ unsupported: '+CEREG' }, { unsupported: '+CGREG' }, '+CREG: 0,1')).toMatchObject({ state: 'home' });
  });

  test('one domain at home outweighs another that is denied', () => {
    expect(play('+CGREG: 3', '+CEREG: 1')).toMatchObject({ state: 'home', effects: ['denied', 'registered'] });
  });

  test('a denial carries its cause', () => {
    expect(play('+CEREG: 3,3,,,,0,15')).toMatchObject({ state: 'denied', rejectCause: 15, effects: ['denied'] });
  });

  test('a cause of the manufacturer’s own is none', () => {
    expect(play('+CEREG: 3,3,,,,1,15')).toEqual({ state: 'denied', effects: ['denied'] });
  });

  test('loss and return are said once each', () => {
    expect(play('+CEREG: 1', '+CEREG: 1', '+CEREG: 2', '+CEREG: 0', '+CEREG: 5').effects).toEqual([
      'registered',
      'lost',
      'registered',
    ]);
  });

  test('the short form of a report keeps the cell that is known', () => {
    expect(play('+CEREG: 2,1,"1F00","79D903",7', '+CEREG: 1')).toMatchObject({ cellId: '79D903', technology: 'LTE' });
  });

  test('every stat has a word', () => {
    expect(Array.from({ length: 13 }, (_, stat) => stateOfStat(stat))).toEqual([
      'idle',
      'home',
      'searching',
      'denied',
      'unknown',
      'roaming',
      'searching',
      'searching',
      'searching',
      'home',
      'roaming',
      'searching',
      'unknown',
    ]);
  });
});
