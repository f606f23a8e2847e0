import { expect, test } from 'vitest';
import { isServing, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

const FAMILIES = {
  telit: { manufacturer: 'Telit', model: 'LE910C1-EUX', profile: 'telit-le910cx-x' },
  ublox: { manufacturer: 'u-blox', model: 'SARA-R510M8S', profile: 'ublox-sara-r5' },
  quectel: { manufacturer: 'Quectel', model: 'EG25', profile: 'quectel-ec2x' },
} as const;

/** Of every family: who it is, who serves it, how well it is heard, and where it is. */
const KNOWN = {
  operator: 'Waymark Test',
  registration: { state: 'home', technology: 'LTE', areaCode: '4E20', cellId: '0140A29', plmn: '00101' },
  signal: { rsrpDbm: -95, rsrqDb: -10, quality: 'fair' },
  cell: { areaCode: '4E20', cellId: '0140A29', plmn: '00101' },
  bearer: { contextId: 1, active: true, address: '10.64.1.21' },
  sim: 'ready',
  simTries: { pin: 3 },
};

test.concurrent.each(['telit', 'ublox', 'quectel'] as const)(
  'a gateway with a module of another family serves and says who serves it (%s)',
  async (profile) => {
    const config = profile === 'telit' ? {} : { modem: { deviceWise: undefined } };
    await using gateway = await startScenario({ world: { profile, module: QUICK_MODULE }, config });
    const status = await gateway.until('serving, and fed', (s) => isServing(s) && s.corrections.usedByReceiver > 0);
    expect(status.grade).toBe('corrected');
    expect(status.modem).toMatchObject({ ...FAMILIES[profile], ...KNOWN });
    expect(status.modem).not.toHaveProperty('profileNote');
    const { module } = gateway.world;
    expect(module.counters.intrusions).toBe(0);
  },
  40_000,
);

test.concurrent('a wrong family in the configuration is said and not obeyed', async () => {
  await using gateway = await startScenario({
    world: { profile: 'quectel', module: QUICK_MODULE },
    config: { modem: { profile: 'telit', deviceWise: undefined } },
  });
  const status = await gateway.until('serving', isServing);
  expect(status.modem).toMatchObject({ ...FAMILIES.quectel, ...KNOWN });
  expect(status.modem?.profileNote).toMatch(/telit/i);
  expect(status.modem?.profileNote).toMatch(/quectel/i);
  // No word of the other family reaches the module.
  const typed = gateway.world.module.transcriptLines
    .filter(({ direction }) => direction === '>')
    .map(({ text }) => text);
  expect(typed.filter((line) => line.startsWith('AT#'))).toEqual([]);
}, 40_000);
