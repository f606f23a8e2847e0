import { describe, expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createSimClouds, LOSANT_KNOB_NAMES, LOSANT_KNOBS } from '../../src/sim/clouds/index.js';
import { createCloudsDesk } from '../../src/sim/clouds-desk.js';
import { readCommand } from '../../src/sim/commands.js';
import { inScratch } from '../helpers/scratch.js';

const typed = (line: string) => {
  const [verb = '', ...words] = line.split(' ');
  return readCommand({ do: verb, words }, 'clouds');
};

const ID = '0123456789abcdef01234567';

describe('reading', () => {
  test('every knob at every position', () => {
    for (const name of LOSANT_KNOB_NAMES)
      for (const position of LOSANT_KNOBS[name])
        expect(typed(`losant ${name}=${position}`)).toEqual({ do: 'losant', change: { [name]: position } });
  });

  test.each([
    ['losant declared=a,cred_* enrolRetryAfter=9', { change: { declared: ['a', 'cred_*'], enrolRetryAfterS: 9 } }],
    ['losant declared=none', { change: { declared: [] } }],
    ['losant outage=half-open face=expired', { change: {}, outage: 'half-open', face: 'expired' }],
    ['losant cut=true', { change: {}, cut: true }],
    [
      'losant-fault reset route=keys when=after times=2',
      { fault: { is: 'reset', when: 'after' }, route: 'keys', times: 2 },
    ],
    ['losant-fault status status=429 retryAfter=9', { fault: { is: 'status', status: 429, retryAfterS: 9 }, times: 1 }],
    ['losant-fault none', { fault: 'none', times: 1 }],
    [`losant-command ping payload={"a":1} device=${ID}`, { name: 'ping', payload: { a: 1 }, device: ID }],
    ['losant-command raw={{{', { raw: '{{{' }],
    ['losant-command ping bytes=300000', { name: 'ping', bytes: 300_000 }],
    ['losant-device duplicate', { what: 'duplicate' }],
    ['losant-key inactive', { what: 'inactive' }],
    ['losant-token expire which=narrow', { what: 'expire', which: 'narrow' }],
    ['losant-ban on forS=90', { what: 'on', forS: 90 }],
  ])('%s', (line, command) => {
    expect(typed(line)).toEqual({ do: line.split(' ')[0], ...command });
  });

  test.each([
    ['losant', 'nothing to change'],
    ['losant badSecret=3', 'badSecret must be one of 4, 5'],
    ['losant declared=a;b', 'declared must be attributes'],
    ['losant-fault melt', 'name must be one of'],
    ['losant-command', 'either a name or raw'],
    ['losant-command ping raw=x', 'either a name or raw'],
    ['losant-command ping payload={', 'payload must be JSON'],
    ['losant-device delete device=1', 'an id of 24'],
    ['losant-ban', 'what is missing'],
  ])('%s is refused with a sentence', (line, why) => {
    expect(() => typed(line)).toThrow(why);
  });
});

test('what is told has its effect, and state tells it without a secret', async () => {
  await inScratch(async (folder) => {
    await using clouds = await createSimClouds({ clock: createClock(), log: silentLogger, stateDir: folder });
    const { losant } = clouds;
    const desk = createCloudsDesk(clouds);
    const tell = (line: string) => {
      const command = typed(line);
      if (command.do === 'state' || command.do === 'stop' || command.do === 'help') throw new Error('not for the desk');
      return desk.perform(command);
    };
    await tell('losant badSecret=5 outage=close cut=true face=normal');
    expect([losant.settings.badSecret, losant.broker.outage]).toEqual(['5', 'close']);
    await tell('losant outage=off');
    await tell('losant-fault reset');
    await tell('losant-fault none');
    expect(await tell('losant-command ping payload=[1]')).toMatchObject({ isDelivered: false });
    expect(await tell('losant-command big bytes=5')).toMatchObject({ isDelivered: false });
    expect(await tell('losant-command raw=x')).toEqual({ isDelivered: false });
    expect(losant.commands().map(({ payload }) => payload)).toEqual([[1], { text: 'xxxxx' }]);
    await tell('losant-device duplicate');
    await tell('losant-device delete');
    expect(losant.account.devices.map(({ isDeleted }) => isDeleted)).toEqual([true, false]);
    await tell('losant-key inactive');
    expect(losant.account.keys[0]?.status).toBe('inactive');
    await tell('losant-token delete');
    await expect(tell('losant-token active')).rejects.toThrow('no such token');
    await expect(tell(`losant-device delete device=${ID}`)).rejects.toThrow('no such device');
    await expect(tell('losant-key delete key=01234567-89ab-4def-8123-456789abcdef')).rejects.toThrow('no such key');
    expect(await tell('losant-ban on forS=90')).toEqual({ forMs: 90_000 });
    expect(losant.banLeft()).toBeGreaterThan(80_000);
    await tell('losant-ban off');
    expect(losant.banLeft()).toBe(0);
    const state = JSON.stringify(desk.state());
    expect(state).toContain('"badSecret":"5"');
    const { accessSecret, accessKey, applicationToken, enrol } = losant.description;
    for (const secret of [accessSecret, accessKey, applicationToken, enrol.token]) expect(state).not.toContain(secret);
  });
});
