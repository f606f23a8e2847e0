// What a line brings that nobody wished for: late answers, noise, storms, reports in the worst places. None of it may end
// up in an answer, end a command that it does not belong to, or cost more than its bytes.
import { describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock, isWaymarkError, silentLogger } from '../../src/core/index.js';
import { type AtChannel, type AtCounters, createAtChannel } from '../../src/modem/index.js';
import { during } from './during.js';
import { type Behaviour, type Cutter, createFakeModule, type FakeModule } from './fake-module.js';
import { createRandom, cutRandomly } from './random.js';

interface Rig {
  module: FakeModule;
  channel: AtChannel;
  clock: FakeClock;
  counters: AtCounters;
}

async function rig(
  options: { cut?: Cutter; gapMs?: number; behaviours?: Behaviour[]; echo?: boolean } = {},
): Promise<Rig> {
  const module = createFakeModule(options.cut ? { cut: options.cut } : {});
  module.state.echo = options.echo ?? false;
  module.behaviours.push(...(options.behaviours ?? []));
  const clock = createFakeClock();
  const counters: AtCounters = { commands: 0, timeouts: 0, errors: 0, urcs: 0, unknownUrcs: 0, resyncs: 0 };
  const link = await module.open({ address: 'fake', baudRate: 115_200 }, {});
  const channel = createAtChannel({ link, clock, log: silentLogger, counters }, { commandGapMs: options.gapMs ?? 0 });
  return { module, channel, clock, counters };
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

describe('late bytes', () => {
  test('a late answer never completes the next command, at any moment, in any pieces (120 seeds)', async () => {
    for (let seed = 1; seed <= 120; seed++) {
      const random = createRandom(seed);
      const cut: Cutter = (bytes) => cutRandomly(bytes, random);
      const { channel, clock, module } = await rig({
        cut,
        echo: random.int(2) === 0,
        gapMs: random.pick([0, 20]),
        behaviours: [mute('AT+SLOW'), on('AT+NEXT', '\r\n+NEXT: right\r\n\r\nOK\r\n')],
      });
      const lateMs = random.int(1500);
      const late = random.pick([
        ['OK'],
        ['+SLOW: stale', 'OK'],
        ['ERROR'],
        ['+CME ERROR: 3'],
        ['+SLOW: stale', 'RING', 'OK'],
      ]);
      // Answers leave in the order of the commands, as in a module.
      let isAnswered = false;
      const answerLate = (): void => {
        if (isAnswered) return;
        isAnswered = true;
        module.answer(...late);
      };
      module.behaviours.push((command, fake) => {
        if (command !== 'AT+CMEE?' || isAnswered) return false;
        answerLate();
        fake.answer('+CMEE: 1', 'OK');
        return true;
      });
      const slow = during(clock, channel.run('AT+SLOW', { deadlineMs: 1000 }));
      const next = channel.run('AT+NEXT');
      clock.after(1000 + lateMs, answerLate);
      expect(await slow, `seed ${seed}`).toEqual({ code: 'modem.timeout' });
      expect(await during(clock, next), `seed ${seed}`).toEqual({ lines: ['+NEXT: right'], final: 'OK' });
    }
  });

  test('when the marker itself was the command that timed out, its late answer is waited for', async () => {
    const { channel, clock, module } = await rig({ behaviours: [on('AT+NEXT', '\r\n+NEXT: right\r\n\r\nOK\r\n')] });
    let asked = 0;
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CMEE?') return false;
      if (++asked === 1) return true;
      // Both answers, the late one first and the other a moment behind.
      fake.answer('+CMEE: 1', 'OK');
      clock.after(300, () => fake.answer('+CMEE: 1', 'OK'));
      return true;
    });
    const slow = during(clock, channel.run('AT+CMEE?', { deadlineMs: 1000 }));
    const next = channel.run('AT+NEXT');
    expect(await slow).toEqual({ code: 'modem.timeout' });
    expect(await during(clock, next)).toEqual({ lines: ['+NEXT: right'], final: 'OK' });
  });

  test('a late prompt gets no bytes', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT#DWSENDR=2')] });
    const sent = during(clock, channel.prompted({ text: 'AT#DWSENDR=2' }, Buffer.from('xy')));
    expect(await sent).toEqual({ code: 'modem.timeout' });
    module.send('\r\n> ');
    expect(await during(clock, channel.run('AT+CSQ'))).toMatchObject({ lines: ['+CSQ: 20,99'] });
    expect(module.raw().toString('latin1')).not.toContain('xy');
  });

  test('the rest of a payload that came too late is nobody’s answer', async () => {
    const { channel, clock, module } = await rig({ behaviours: [on('AT#DWRCVR=3', '\r\n#DWRDATA: 3,0,400,half')] });
    const first = during(
      clock,
      channel.run({
        text: 'AT#DWRCVR=3',
        deadlineMs: 1000,
        payload: { prefix: '#DWRDATA:', header: /^#DWRDATA: ?\d+,\d+,(\d{1,5}),$/, endsWith: ',' },
      }),
    );
    const next = channel.run('AT+CSQ');
    expect(await first).toEqual({ code: 'modem.timeout' });
    module.send(`${'x'.repeat(100)}\r\nOK\r\n+CSQ: 1,99\r\nOK\r\n`);
    expect(await during(clock, next)).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
  });
});

describe('reports in the worst places', () => {
  test('between echo and answer, with the prefix of the running command', async () => {
    const report = '+CEREG: 5,"1F00","0079D903",7';
    const answer = '+CEREG: 2,1,"1F00","0079D903",7';
    for (const urc of ['+CEREG: 5', report, '+CEREG: 3,,,,0,11', '+CEREG: 4,"FFFE","0FFFFFFF"']) {
      const { channel, clock } = await rig({
        echo: true,
        behaviours: [on('AT+CEREG?', `\r\n${urc}\r\n`, `\r\n${answer}\r\n`, `\r\n${report}\r\n`, '\r\nOK\r\n')],
      });
      const heard: string[] = [];
      channel.urcs('+CEREG', ([line]) => void heard.push(line ?? ''));
      expect(await during(clock, channel.run('AT+CEREG?')), urc).toEqual({ lines: [answer], final: 'OK' });
      expect(heard).toEqual([urc, report]);
    }
  });

  test('a report before the echo, and one glued to the final result', async () => {
    const { channel, clock, module, counters } = await rig();
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CSQ') return false;
      fake.send('\r\n+CREG: 2\r\nAT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n\r\n+CREG: 1\r\n');
      return true;
    });
    expect(await during(clock, channel.run('AT+CSQ'))).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
    expect(counters.urcs).toBe(2);
  });

  test('the second line of a two-line report may be a final result, the running command, or a boot text', async () => {
    for (const second of ['OK', 'ERROR', '+CME ERROR: 10', 'AT+CGMM', 'RDY', '+CMT: x']) {
      const { channel, clock } = await rig({
        behaviours: [on('AT+CGMM', `\r\n+CMT: "+1555",,"26/01/01"\r\n${second}\r\n`, '\r\nLE910\r\n\r\nOK\r\n')],
      });
      channel.armResetDetection();
      const heard: (readonly string[])[] = [];
      channel.urcs('+CMT', (lines) => void heard.push(lines));
      expect(await during(clock, channel.run('AT+CGMM')), second).toEqual({ lines: ['LE910'], final: 'OK' });
      expect(heard, second).toEqual([['+CMT: "+1555",,"26/01/01"', second]]);
    }
  });

  test('half a two-line report costs one command and not the step', async () => {
    const { channel, clock, counters } = await rig({
      behaviours: [on('AT+CGMM', '\r\nLE910\r\n\r\n+CDS: 6\r\n\r\nOK\r\n')],
    });
    expect(await during(clock, channel.run('AT+CGMM', { deadlineMs: 1000 }))).toEqual({ code: 'modem.timeout' });
    expect(await during(clock, channel.run('AT+CSQ'))).toMatchObject({ lines: ['+CSQ: 20,99'] });
    expect(counters).toMatchObject({ timeouts: 1, resyncs: 1 });

    // The half may also come while step is looked for.
    const again = await rig({ behaviours: [mute('AT+SLOW')] });
    const slow = during(again.clock, again.channel.run('AT+SLOW', { deadlineMs: 1000 }));
    again.clock.after(500, () => again.module.line('+CMT: "+1555",,"26/01/01"'));
    expect(await slow).toEqual({ code: 'modem.timeout' });
    expect(await during(again.clock, again.channel.run('AT+CSQ'))).toMatchObject({ lines: ['+CSQ: 20,99'] });
    expect(again.counters.timeouts).toBe(1);
  });

  test('who listens may come and go while a report is handed out', async () => {
    const { channel, clock, module } = await rig();
    const heard: string[] = [];
    const off = channel.urcs('+CREG', () => void heard.push('first'));
    const once = channel.urcs('+CREG', () => {
      heard.push('once');
      once();
      off();
      channel.urcs('+CREG', () => void heard.push('new'));
    });
    module.line('+CREG: 1');
    module.line('+CREG: 1');
    await clock.advance(1);
    expect(heard).toEqual(['once', 'first', 'new']);
  });
});

describe('noise and storms', () => {
  test('binary noise before a command changes no answer (100 seeds)', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const random = createRandom(seed);
      const { channel, clock, module } = await rig({ cut: (bytes) => cutRandomly(bytes, random, 20) });
      module.send(random.bytes(random.int(3000)));
      module.send('\r\n');
      await clock.advance(1);
      expect(await during(clock, channel.run('AT+CSQ')), `seed ${seed}`).toEqual({
        lines: ['+CSQ: 20,99'],
        final: 'OK',
      });
      module.send(random.bytes(200));
      module.send('\r\n');
      await clock.advance(1);
      expect(await during(clock, channel.run('AT+CEREG?')), `seed ${seed}`).toMatchObject({
        lines: ['+CEREG: 0,1,"1F00","0079D903",7'],
      });
    }
  });

  test('an endless answer is bounded in what is kept, and ends by its limit', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+CLAC')] });
    let outcome: unknown;
    channel.run('AT+CLAC', { deadlineMs: 10_000 }).catch((error: unknown) => (outcome = error));
    await clock.advance(1);
    for (let i = 0; i < 100; i++) {
      module.send(`\r\n${'y'.repeat(60)}`.repeat(100));
      await clock.advance(50);
    }
    expect(outcome).toBeUndefined();
    await clock.advance(6000);
    expect(outcome).toMatchObject({ code: 'modem.timeout' });
  });

  test('more lines than an answer may have are dropped, and the result still counts', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+CLAC')] });
    const all = during(clock, channel.run('AT+CLAC'));
    await clock.advance(1);
    module.send(Array.from({ length: 5000 }, (_, i) => `\r\nAT+X${i}`).join(''));
    module.answer('OK');
    const result = await all;
    expect('lines' in result && result.lines.length).toBe(512);
  });

  test('100 000 reports in one go are all heard, in the time of their bytes, and the answer among them is right', async () => {
    const { channel, clock, module, counters } = await rig();
    let heard = 0;
    channel.urcs('+CIEV', () => {
      heard++;
      return undefined;
    });
    const storm = '\r\n+CIEV: 2,4\r\n'.repeat(10_000);
    module.behaviours.push((command, fake) => {
      if (command !== 'AT+CSQ') return false;
      for (let i = 0; i < 5; i++) fake.send(storm);
      fake.send('\r\n+CSQ: 20,99\r\n');
      for (let i = 0; i < 5; i++) fake.send(storm);
      fake.answer('OK');
      return true;
    });
    const start = process.cpuUsage();
    expect(await during(clock, channel.run('AT+CSQ'))).toEqual({ lines: ['+CSQ: 20,99'], final: 'OK' });
    const spent = process.cpuUsage(start);
    expect(heard).toBe(100_000);
    expect(counters.urcs).toBe(100_000);
    // About a tenth of a second; a cost that grew with what has come before would be minutes.
    expect((spent.user + spent.system) / 1e6).toBeLessThan(5);
  });

  test('kinds of unknown reports without number leave nothing behind but a count', async () => {
    const { channel, clock, module, counters } = await rig();
    for (let i = 0; i < 50; i++)
      module.send(Array.from({ length: 100 }, (_, k) => `\r\n#KIND${i * 100 + k}: 1\r\n`).join(''));
    await clock.advance(1);
    expect(counters.unknownUrcs).toBe(5000);
    expect(await during(clock, channel.run('AT'))).toMatchObject({ final: 'OK' });
  });

  test('a storm that never pauses does not keep step from being found', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+SLOW')] });
    const slow = during(clock, channel.run('AT+SLOW', { deadlineMs: 1000 }));
    let stormMs = 0;
    const blow = (): void => {
      module.line('+CIEV: 2,4');
      if ((stormMs += 100) < 30_000) clock.after(100, blow);
    };
    blow();
    expect(await slow).toEqual({ code: 'modem.timeout' });
    expect(await during(clock, channel.run('AT+CSQ'))).toMatchObject({ lines: ['+CSQ: 20,99'] });
    expect(stormMs).toBeLessThan(30_000);
  });

  test('an idle channel leaves no timer behind', async () => {
    const { channel, clock } = await rig({ gapMs: 20 });
    await during(clock, channel.run('AT+CSQ'));
    await during(clock, Promise.all([channel.run('AT+CSQ'), channel.run('AT'), channel.run('AT+COPS?')]));
    await clock.advance(20);
    expect(clock.pending).toBe(0);
  });

  test('commands one behind the other each have their own limit, though they share a timer', async () => {
    const { channel, clock, module } = await rig({ behaviours: [mute('AT+QUICK'), mute('AT+LATER')] });
    const quick = channel.run('AT+QUICK', { deadlineMs: 5000 });
    let code = '';
    channel
      .run('AT+LATER', { deadlineMs: 3000 })
      .catch((error: unknown) => (code = isWaymarkError(error) ? error.code : 'other'));
    await clock.advance(4000);
    module.answer('OK');
    await clock.advance(0);
    expect(await quick).toMatchObject({ final: 'OK' });
    await clock.advance(2999);
    expect(code).toBe('');
    await clock.advance(1);
    expect(code).toBe('modem.timeout');
  });
});

test('a line of several commands is answered by several prefixes, reports of the same name included', async () => {
  const { channel } = await rig({
    behaviours: [on('AT+CSQ;+CREG?', '\r\n+CSQ: 20,0\r\n+CREG: 0,1\r\n\r\nOK\r\n')],
  });
  expect((await channel.run('AT+CSQ;+CREG?')).lines).toEqual(['+CSQ: 20,0', '+CREG: 0,1']);
});
