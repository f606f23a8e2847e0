import { describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock, isWaymarkError, Secret, silentLogger } from '../../src/core/index.js';
import { type AtChannel, type AtCounters, createAtChannel } from '../../src/modem/index.js';
import { during } from './during.js';
import { type Behaviour, type Cutter, createFakeModule, type FakeModule } from './fake-module.js';
import { createRandom, cutRandomly } from './random.js';

interface Rig {
  module: FakeModule;
  channel: AtChannel;
  clock: FakeClock;
  counters: AtCounters;
  transcript: string[];
}

async function rig(
  options: { cut?: Cutter; gapMs?: number; behaviours?: Behaviour[]; echo?: boolean } = {},
): Promise<Rig> {
  const module = createFakeModule(options.cut ? { cut: options.cut } : {});
  module.state.echo = options.echo ?? false;
  module.behaviours.push(...(options.behaviours ?? []));
  const clock = createFakeClock();
  const counters: AtCounters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  const transcript: string[] = [];
  const link = await module.open({ address: 'fake', baudRate: 115_200 }, {});
  const channel = createAtChannel(
    {
      link,
      clock,
      log: silentLogger,
      counters,
      transcript: (direction, line) => transcript.push(`${direction} ${line}`),
    },
    { commandGapMs: options.gapMs ?? 0 },
  );
  return { module, channel, clock, counters, transcript };
}

const on =
  (command: string, ...answers: string[]): Behaviour =>
  (heard, module) => {
    if (heard !== command) return false;
    for (const answer of answers) module.send(answer);
    return true;
  };
const mute =
  (command: string): Behaviour =>
  (heard) =>
    heard === command;

describe('channel', () => {
  test('an answer is its information lines and its final result', async () => {
    const { channel, clock } = await rig();
    expect(await during(clock, channel.run('AT+CSQ'))).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
  });

  test('an echoing module gives the same answer', async () => {
    const { channel, clock } = await rig({ echo: true });
    expect(await during(clock, channel.run('AT+CSQ'))).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
    expect(channel.health.echoedLines).toBe(1);
  });

  test('one command is in flight at a time, urgent ones go to the head', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    const slow = channel.run('AT+SLOW');
    const rest = [channel.run('AT+CSQ'), channel.run('AT+CIMI'), channel.run('AT+CGMM', { priority: 'urgent' })];
    await clock.advance(50);
    expect(module.received).toEqual(['AT+SLOW']);
    module.answer('OK');
    await during(clock, Promise.all([slow, ...rest]));
    expect(module.received).toEqual(['AT+SLOW', 'AT+CGMM', 'AT+CSQ', 'AT+CIMI']);
  });

  test('the gap after a final result is kept', async () => {
    const { channel, clock, module } = await rig({ gapMs: 20 });
    const both = [channel.run('AT'), channel.run('AT+CSQ')];
    await clock.advance(19);
    expect(module.received).toEqual(['AT']);
    await clock.advance(1);
    expect(module.received).toEqual(['AT', 'AT+CSQ']);
    await Promise.all(both);
  });

  test('the queue is bounded', async () => {
    const { channel, clock } = await rig({ behaviours: [mute('AT+SLOW')] });
    const all = [channel.run('AT+SLOW'), ...Array.from({ length: 32 }, () => channel.run('AT'))];
    await expect(channel.run('AT')).rejects.toMatchObject({ code: 'modem.busy' });
    await Promise.all(all.map((one) => during(clock, one)));
  });

  test('a silent module ends every command with modem.timeout and the channel with it', async () => {
    const { channel, clock, counters } = await rig({ behaviours: [() => true] });
    const first = during(clock, channel.run('AT+CSQ'));
    const second = channel.run('AT+CIMI');
    expect(await first).toEqual({ code: 'modem.timeout' });
    expect(await during(clock, second)).toEqual({ code: 'modem.timeout' });
    expect((await channel.lost).code).toBe('modem.timeout');
    expect(counters).toMatchObject({ timeouts: 3, resyncs: 1 });
    await expect(channel.run('AT')).rejects.toMatchObject({ code: 'modem.timeout' });
  });

  test('nothing is written between a time-out and half a second of silence', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    const slow = channel.run('AT+SLOW', { deadlineMs: 1000 });
    slow.catch(() => undefined);
    const next = channel.run('AT+CSQ');
    await clock.advance(1000);
    for (let i = 0; i < 10; i++) {
      await clock.advance(300);
      module.line('+CIEV: 1,2');
    }
    await clock.advance(499);
    expect(module.received).toEqual(['AT+SLOW']);
    await clock.advance(1);
    expect(module.received[1]).toBe('AT+CMEE?');
    expect(await during(clock, next)).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
  });

  test('a late OK never completes the next command, whenever it comes', async () => {
    for (const lateMs of [10, 400, 499, 501, 600, 2000]) {
      const { channel, clock, module } = await rig({
        behaviours: [mute('AT+SLOW'), on('AT+NEXT', '\r\n+NEXT: right\r\n\r\nOK\r\n')],
      });
      // The marker's answer waits behind the late one, as in a real module.
      let late = false;
      module.behaviours.push((command, fake) => {
        if (command !== 'AT+CMEE?' || late) return false;
        clock.after(Math.max(0, lateMs - 500), () => {
          late = true;
          fake.answer('+SLOW: stale', 'OK', '+CMEE: 1', 'OK');
        });
        return true;
      });
      const slow = during(clock, channel.run('AT+SLOW', { deadlineMs: 1000 }));
      const next = channel.run('AT+NEXT');
      if (lateMs < 500)
        clock.after(1000 + lateMs, () => {
          late = true;
          module.answer('+SLOW: stale', 'OK');
        });
      expect(await slow).toEqual({ code: 'modem.timeout' });
      expect(await during(clock, next), `late by ${lateMs}`).toEqual({ lines: ['+NEXT: right'], final: 'OK' });
    }
  });

  test('the answer to an earlier marker does not complete the next command either', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    let markers = 0;
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CMEE?') return false;
      markers++;
      // The first is answered together with the second.
      if (markers === 2) {
        fake.answer('+CMEE: 1', 'OK');
        clock.after(200, () => fake.answer('+CMEE: 1', 'OK'));
      }
      return true;
    });
    const slow = during(clock, channel.run('AT+SLOW', { deadlineMs: 1000 }));
    const next = channel.run('AT+CSQ');
    expect(await slow).toEqual({ code: 'modem.timeout' });
    expect(await during(clock, next)).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
    expect(channel.health.consecutiveTimeouts).toBe(0);
  });

  test('answers cut at every byte position give the same result', async () => {
    const answer = '\r\n+CREG: 1,"1F00","0079D903",7\r\n\r\n+CGMR: 25\r\n\r\n+CEREG: 2\r\n\r\nmore\r\n\r\nOK\r\n';
    for (let at = 1; at < answer.length; at++) {
      const seen: string[] = [];
      const { channel, clock } = await rig({ behaviours: [on('AT+CGMR', answer.slice(0, at), answer.slice(at))] });
      channel.urcs('+CREG', (lines) => void seen.push(...lines));
      channel.urcs('+CEREG', (lines) => void seen.push(...lines));
      expect(await during(clock, channel.run('AT+CGMR')), `cut at ${at}`).toEqual({
        lines: ['+CGMR: 25', 'more'],
        final: 'OK',
      });
      expect(seen).toEqual(['+CREG: 1,"1F00","0079D903",7', '+CEREG: 2']);
    }
  });

  test('random cuts of a whole dialogue give the same answers (30 seeds)', async () => {
    const commands = ['AT+CGMI', 'AT+CREG?', 'AT+COPS?', 'AT+CSQ', 'AT+NONE', 'AT#DWCFG?', 'AT+CGDCONT?'];
    const dialogue = async (cut?: Cutter): Promise<unknown[]> => {
      const { channel, clock } = await rig({ ...(cut ? { cut } : {}), echo: true });
      const out: unknown[] = [];
      for (const command of commands) out.push(await during(clock, channel.run(command)));
      return out;
    };
    const wanted = await dialogue();
    for (let seed = 1; seed <= 30; seed++) {
      const random = createRandom(seed);
      expect(await dialogue((bytes) => cutRandomly(bytes, random)), `seed ${seed}`).toEqual(wanted);
    }
  });

  test('a URC inside an answer, with the prefix of the running command too, is not part of it', async () => {
    const { channel, clock, counters } = await rig({
      behaviours: [
        on(
          'AT+CREG?',
          '\r\n+CREG: 5,"1F00","0079D903",7\r\n',
          '\r\n+CREG: 2,1,"1F00","0079D903",7\r\n',
          '\r\n+CREG: 3\r\n',
          '\r\nOK\r\n',
        ),
        on(
          'AT+CSQ',
          '\r\nRING\r\n',
          '\r\n+CSQ: 9,99\r\n',
          '\r\nSRING: 1,5\r\n',
          '\r\n+CSQ: 31,99\r\n',
          '\r\nNO CARRIER\r\n',
          '\r\nOK\r\n',
        ),
      ],
    });
    channel.learn({ urcPrefixes: ['SRING'] });
    const urcs: string[] = [];
    channel.urcs('+CREG', ([line]) => void urcs.push(line ?? ''));
    expect(await during(clock, channel.run('AT+CREG?'))).toMatchObject({ lines: ['+CREG: 2,1,"1F00","0079D903",7'] });
    expect(urcs).toEqual(['+CREG: 5,"1F00","0079D903",7', '+CREG: 3']);
    expect(await during(clock, channel.run('AT+CSQ'))).toMatchObject({ lines: ['+CSQ: 9,99'] });
    expect(counters.urcs).toBe(6);
  });

  test('a two-line URC swallows its second line even when it says OK', async () => {
    const { channel, clock } = await rig({
      behaviours: [on('AT+CGMM', '\r\n+CMT: "+1555",,"26/01/01"\r\nOK\r\n', '\r\nLE910\r\n\r\nOK\r\n')],
    });
    const heard: (readonly string[])[] = [];
    channel.urcs('+CMT', (lines) => void heard.push(lines));
    expect(await during(clock, channel.run('AT+CGMM'))).toEqual({ lines: ['LE910'], final: 'OK' });
    expect(heard).toEqual([['+CMT: "+1555",,"26/01/01"', 'OK']]);
  });

  test('the newest registration hears first and may keep a line', async () => {
    const { channel, clock, module } = await rig();
    const heard: string[] = [];
    channel.urcs('+CREG', () => void heard.push('old'));
    const off = channel.urcs('+CREG', () => {
      heard.push('new');
      return true;
    });
    module.line('+CREG: 1');
    await clock.advance(1);
    off();
    module.line('+CREG: 1');
    await clock.advance(1);
    expect(heard).toEqual(['new', 'old']);
  });

  test('unknown lines are counted and harmless', async () => {
    const { channel, clock, module, counters } = await rig();
    module.line('#WHATEVER: 1');
    module.line('noise');
    await clock.advance(1);
    expect(await during(clock, channel.run('AT'))).toMatchObject({ final: 'OK' });
    expect(counters.unknownUrcs).toBe(2);
  });

  test('a module that restarts in the middle of a command fails it and all that wait with modem.reset', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    channel.armResetDetection();
    const all = [channel.run('AT+SLOW'), channel.run('AT+CSQ')].map((one) => during(clock, one));
    await clock.advance(10);
    module.line('RDY');
    expect(await Promise.all(all)).toEqual([{ code: 'modem.reset' }, { code: 'modem.reset' }]);
    expect((await channel.lost).code).toBe('modem.reset');
  });

  test('injection is refused before the port sees a byte', async () => {
    const { channel, module, clock } = await rig();
    for (const text of [
      'AT+X\rAT+CFUN=0',
      'AT\n',
      'AT+X="a\x1a"',
      'AT\x1b',
      'AT+\u00e9',
      `AT${'x'.repeat(2000)}`,
      'reboot',
    ]) {
      const attempt = text === 'AT\n' ? channel.run({ text }) : channel.run(text);
      await expect(attempt).rejects.toMatchObject({ code: 'modem.injection' });
    }
    await clock.advance(100);
    expect(module.raw().length).toBe(0);
  });

  test('failing results are typed and name their number', async () => {
    const { channel, counters } = await rig({
      behaviours: [
        on('AT+A', '\r\n+CME ERROR: 3\r\n'),
        on('AT+B', '\r\n+CME ERROR: SIM not inserted\r\n'),
        on('AT+C', '\r\n+CMS ERROR: 316\r\n'),
        on('AT+D', '\r\nERROR\r\n'),
        on('AT+E', '\r\n+CME ERROR: \r\n'),
        on('ATD*99#', '\r\nNO CARRIER\r\n'),
      ],
    });
    const failing = async (command: string) => {
      try {
        await channel.run(command);
        return undefined;
      } catch (error) {
        return isWaymarkError(error) ? { code: error.code, evidence: error.evidence } : error;
      }
    };
    expect(await failing('AT+A')).toEqual({
      code: 'modem.error',
      evidence: { cme: 3, final: 'operation not allowed' },
    });
    expect(await failing('AT+B')).toMatchObject({ code: 'sim.absent', evidence: { cme: 10 } });
    expect(await failing('AT+C')).toMatchObject({ code: 'sim.puk', evidence: { cms: 316 } });
    expect(await failing('AT+D')).toEqual({ code: 'modem.error', evidence: { final: 'ERROR' } });
    expect(await failing('AT+E')).toMatchObject({ code: 'modem.error' });
    expect(await failing('ATD*99#')).toMatchObject({ code: 'modem.error' });
    expect(counters.errors).toBe(6);
  });

  test('an OK that does not bring the expected answer is modem.desync', async () => {
    const { channel } = await rig({ behaviours: [on('AT+USOWR=1,2', '\r\nOK\r\n')] });
    await expect(channel.run({ text: 'AT+USOWR=1,2', expect: '+USOWR:' })).rejects.toMatchObject({
      code: 'modem.desync',
    });
  });

  test('a counted payload holding OK lines is delivered whole, cut at every byte', async () => {
    const data = 'a\r\nOK\r\n> \r\nERROR\r\n';
    const answer = `\r\n#DWRDATA: 3,0,${data.length},${data}\r\n\r\nOK\r\n`;
    for (let at = 1; at < answer.length; at++) {
      const { channel } = await rig({ behaviours: [on('AT#DWRCVR=3', answer.slice(0, at), answer.slice(at))] });
      const result = await channel.run({
        text: 'AT#DWRCVR=3',
        payload: { prefix: '#DWRDATA:', header: /^#DWRDATA: ?\d+,\d+,(\d{1,5}),$/, endsWith: ',' },
      });
      expect(Buffer.from(result.payload?.bytes ?? []).toString(), `cut at ${at}`).toBe(data);
      expect(result.final).toBe('OK');
    }
  });

  test('a prompted command sends its bytes after the prompt and nothing before it', async () => {
    const { channel, clock, module } = await rig();
    let got = '';
    module.behaviours.push((command, fake) => {
      if (command !== 'AT#DWSENDR=5') return false;
      fake.takeBytes(5, (bytes) => {
        got = bytes.toString();
        fake.answer('#DWSENDR: 7', 'OK');
      });
      clock.after(300, () => fake.send('\r\n> '));
      return true;
    });
    const sent = channel.prompted({ text: 'AT#DWSENDR=5' }, Buffer.from('{"1"}'));
    await clock.advance(299);
    expect(module.raw().toString()).toBe('AT#DWSENDR=5\r');
    expect(await during(clock, sent)).toEqual({ lines: ['#DWSENDR: 7'], final: 'OK' });
    expect(got).toBe('{"1"}');
  });

  test('a refusal instead of the prompt is the refusal, and no prompt at all is left by ESC', async () => {
    const { channel, clock, module } = await rig({
      behaviours: [
        on('AT#DWSENDR=1', '\r\n+CME ERROR: 50\r\n'),
        mute('AT#DWSENDR=2'),
        on('AT#DWSENDR=3', '\r\nOK\r\n'),
      ],
    });
    expect(await during(clock, channel.prompted({ text: 'AT#DWSENDR=1' }, Buffer.from('x')))).toEqual({
      code: 'modem.error',
    });
    expect(await during(clock, channel.prompted({ text: 'AT#DWSENDR=3' }, Buffer.from('xyz')))).toEqual({
      code: 'modem.desync',
    });
    expect(await during(clock, channel.prompted({ text: 'AT#DWSENDR=2' }, Buffer.from('xy')))).toEqual({
      code: 'modem.timeout',
    });
    expect(await during(clock, channel.run('AT+CSQ'))).toMatchObject({ final: 'OK' });
    expect(module.raw().includes(0x1b)).toBe(true);
    expect(module.raw().toString()).not.toContain('xy');
  });

  test('an abandoned command keeps its slot until its answer has come', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    const stop = new AbortController();
    const slow = channel.run('AT+SLOW', { signal: stop.signal });
    const next = channel.run('AT+CSQ');
    const never = channel.run('AT+CIMI', { signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(slow).rejects.toThrow('enough');
    await expect(never).rejects.toThrow('enough');
    await clock.advance(100);
    expect(module.received).toEqual(['AT+SLOW']);
    module.answer('OK');
    expect(await during(clock, next)).toMatchObject({ lines: ['+CSQ: 20,99'] });
    expect(module.received).toEqual(['AT+SLOW', 'AT+CSQ']);
  });

  test('a link that closes fails everything with its reason', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    const all = [channel.run('AT+SLOW'), channel.run('AT+CSQ')].map((one) => during(clock, one));
    await module.unplug();
    expect(await Promise.all(all)).toEqual([{ code: 'link.closed' }, { code: 'link.closed' }]);
    expect((await channel.lost).code).toBe('link.closed');
  });

  test('a resync asked for waits for the open command and proves the step', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')], gapMs: 20 });
    const slow = channel.run('AT+SLOW');
    const resync = channel.resync();
    await clock.advance(1000);
    expect(module.received).toEqual(['AT+SLOW']);
    module.answer('OK');
    await during(clock, resync);
    await slow;
    expect(module.received.slice(1)).toEqual(['AT+CMEE?', 'AT']);
  });

  test('the transcript shows both directions and no secret', async () => {
    const { channel, transcript, module } = await rig({ echo: true });
    const token = new Secret('app-token', 'Tok3nTok3nTok3n');
    module.state.dwcfg = `h:1,0,${token.reveal()},1,60,2,0,4,5`;
    await channel.run('AT#DWCFG?');
    await channel.run({
      text: `AT#DWCFG=h:1,0,${token.reveal()},1,60,2,0,4,5`,
      shown: 'AT#DWCFG=h:1,0,[secret],1,60,2,0,4,5',
    });
    await channel.run('AT#DWCFG=h:1,0,SomebodyElses1,1,60,2,0,4,5');
    expect(transcript.filter((line) => line.startsWith('> '))).toHaveLength(3);
    expect(transcript).toContain('< OK');
    expect(transcript.join('\n')).not.toMatch(/Tok3nTok3n|SomebodyElses/);
  });
});
