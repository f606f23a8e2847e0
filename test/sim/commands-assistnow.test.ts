import { describe, expect, test } from 'vitest';
import { createClock, silentLogger } from '../../src/core/index.js';
import { createSimClouds } from '../../src/sim/clouds/index.js';
import { createCloudsDesk } from '../../src/sim/clouds-desk.js';
import { readCommand } from '../../src/sim/commands.js';
import { inScratch } from '../helpers/scratch.js';

const typed = (line: string) => {
  const [verb = '', ...words] = line.split(' ');
  return readCommand({ do: verb, words }, 'clouds');
};

describe('reading', () => {
  test.each([
    [
      'assistnow allowedData=ualm,uporb_3 legacyToken=expired planActive=false',
      {
        do: 'assistnow',
        change: { allowedData: ['ualm', 'uporb_3'], legacyToken: 'expired', isPlanActive: false },
      },
    ],
    ['assistnow renewChipcodes=true', { do: 'assistnow', change: {}, renewChipcodes: true }],
    [
      'assistnow-fault status status=429 retryAfter=90 times=2 service=online',
      {
        do: 'assistnow-fault',
        fault: { is: 'status', status: 429, retryAfter: '90' },
        times: 2,
        service: 'online',
      },
    ],
    ['assistnow-fault none', { do: 'assistnow-fault', fault: 'none', times: 1 }],
    [
      'assistnow-ztp-fault status status=403',
      { do: 'assistnow-ztp-fault', fault: { is: 'status', status: 403 }, times: 1 },
    ],
  ])('%s', (line, command) => {
    expect(typed(line)).toEqual(command);
  });

  test.each([
    ['assistnow', 'nothing to change'],
    ['assistnow allowedData=ualm,navic', 'navic is none of'],
    ['assistnow unknownChipcodeStatus=403', 'must be one of 400, 401, 404, 422'],
    ['assistnow-fault melt', 'must be one of'],
    ['assistnow-fault cut service=both', 'service must be one of'],
  ])('%s is refused with a sentence', (line, why) => {
    expect(() => typed(line)).toThrow(why);
  });
});

test('what is told has its effect, and state tells it without a secret', async () => {
  await inScratch(async (folder) => {
    await using clouds = await createSimClouds({ clock: createClock(), log: silentLogger, stateDir: folder });
    const desk = createCloudsDesk(clouds);
    for (const line of ['assistnow legacyToken=deactivated planActive=false', 'broker ended=silent']) {
      const command = typed(line);
      if (command.do === 'assistnow' || command.do === 'broker') await desk.perform(command);
    }
    expect(clouds.assistnow.settings).toMatchObject({ legacyToken: 'deactivated', isPlanActive: false });
    const state = JSON.stringify(desk.state());
    expect(state).toContain('"legacyToken":"deactivated"');
    expect(state).not.toContain(clouds.description.assistnow.ztp.token);
  });
});
