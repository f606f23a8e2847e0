import { expect, test } from 'vitest';
import { createModemActions } from '../../src/agent/modem-actions.js';
import { createTrace, shownText } from '../../src/agent/trace.js';
import { createFakeClock, Secret } from '../../src/core/index.js';
import type { TraceLine } from '../../src/status/index.js';
import { HARM, SECRETS } from '../cli/hostile.js';
import { OBEYED } from '../cli/source.js';

const clock = createFakeClock(Date.UTC(2026, 5, 1));

test('the last lines are kept, no more, and a follower gets them and what comes', () => {
  const trace = createTrace({ clock, capacity: 3 });
  for (const text of ['1', '2', '3', '4']) trace.push('<', text);
  const heard: TraceLine[] = [];
  const { recent, stop } = trace.follow((line) => heard.push(line));
  expect(recent.map(({ text }) => text)).toEqual(['2', '3', '4']);
  trace.push('>', 'AT');
  stop();
  trace.push('>', 'AT+CSQ');
  expect(heard).toEqual([{ atMs: clock.wall(), direction: '>', text: 'AT' }]);
  expect(recent).toHaveLength(3);
});

test('every line is one line, bounded, without controls and secrets', () => {
  const token = new Secret('app-token', 'Trace-Known-Secret');
  const texts = [
    ...HARM,
    'a\nb\rc\td',
    `#DWCFG: x:8883,0,${SECRETS[0]}`,
    `+CGAUTH: 1,1,"user","${SECRETS[1]}"`,
    `+QICSGP: 1,1,"apn","user","${SECRETS[1]}",1`,
    `AT+CPIN="${SECRETS[2]}"`,
    `known Trace-Known-Secret`,
    'z'.repeat(10_000),
  ];
  for (const text of texts) {
    const shown = shownText(text);
    expect(shown).not.toMatch(OBEYED);
    expect(shown).not.toContain('\n');
    expect(shown.length).toBeLessThan(1050);
    for (const secret of [...SECRETS, 'Trace-Known-Secret']) expect(shown).not.toContain(secret);
    expect(shownText(shown)).toBe(shown);
  }
  expect(token.kind).toBe('app-token');
});

test('identifiers are cut to their last four characters, unless they are wanted in full', () => {
  const lines = ['351234567890116', '+CGSN: "351234567890116"', '#CCID: 89490200001234567890F', '+CSQ: 20,99'];
  const texts = (showIdentifiers: boolean): string[] => {
    const trace = createTrace({ clock, showIdentifiers });
    for (const line of lines) trace.push('<', line);
    return trace.follow(() => {}).recent.map(({ text }) => text);
  };
  expect(texts(false)).toEqual(['…0116', '+CGSN: "…0116"', '#CCID: …890F', '+CSQ: 20,99']);
  expect(texts(true)).toEqual(lines);
});

test('the agent guards by itself: what is banned never reaches the modem, unsafe only with consent', async () => {
  const sent: string[] = [];
  const actions = createModemActions({
    modem: {
      run(command) {
        sent.push(command);
        return Promise.resolve({ lines: ['\u001b[2Jx'], final: 'OK' });
      },
    },
    trace: createTrace({ clock }),
  });
  const { signal } = new AbortController();
  const run = (command: string, unsafe: boolean) => actions.modemAt!({ command, unsafe }, signal);
  for (const unsafe of [true, false]) {
    await expect(run('AT+CPIN=1234', unsafe)).rejects.toMatchObject({ code: 'cli.usage' });
    await expect(run('AT\r\nAT+CPIN=1234', unsafe)).rejects.toMatchObject({ code: 'cli.usage' });
  }
  await expect(run('AT+CFUN=0', false)).rejects.toMatchObject({ hint: expect.stringContaining('--unsafe') });
  expect(sent).toEqual([]);
  expect(await run(' AT+CSQ ', false)).toEqual({ lines: ['\\x1b[2Jx'], final: 'OK' });
  await run('AT+CFUN=0', true);
  expect(sent).toEqual(['AT+CSQ', 'AT+CFUN=0']);
});

test('a short time-out does not hurry the module, a long one gives it more than usual', async () => {
  const limits: (number | undefined)[] = [];
  const actions = createModemActions({
    modem: {
      run(_command, options) {
        limits.push(options?.deadlineMs);
        return Promise.resolve({ lines: [], final: 'OK' });
      },
    },
    trace: createTrace({ clock }),
  });
  const { signal } = new AbortController();
  for (const timeoutMs of [10, 60_000]) await actions.modemAt!({ command: 'AT+CSQ', unsafe: false, timeoutMs }, signal);
  expect(limits).toEqual([5000, 60_000]);
});
