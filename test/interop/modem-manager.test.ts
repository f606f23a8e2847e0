// ModemManager is the daemon that most Linux machines with a modem run: its generic plugin takes the module from power-on
// to registered, over some hundred commands.
import { describe, expect, test } from 'vitest';
import { type Behaviour, type SimModuleOptions, urcStorm } from '../../src/sim/module/index.js';
import { type MmcliModem, modemManager } from './modem-manager.js';
import { CUTS, expectWell, type PluggedModem, pluggedModem } from './sim-modem.js';
import { expectReports, stormSparingResults } from './storms.js';

// The generic plugin knows the standard's reports and cuts them out of what it reads; a line it does not know stays in
// the buffer and becomes part of the next answer (with `#PSNT: 4` it takes the model for "LE910C1-EUX\r\n#PSNT: 4"; the
// vendors' plugins have lists of what to ignore). It asks for registration reports with area, cell and technology, so
// that is what a module sends: the bare `+CREG: 1` would say that the technology is gone.
const WHERE = '1,"4E20","0140A29",7';
const REPORTS = [`+CREG: ${WHERE}`, `+CEREG: ${WHERE}`, `+CGREG: ${WHERE}`, '+CIEV: 2,4'];

// It also takes OK for the end of an answer wherever it stands in what it has read, and all behind it for part of the
// answer: a report in pieces, in the same read as the OK before it, is lost and leaves its pieces about ("manufacturer:
// Quectel\r\n+CREG:"). Real ports hardly ever cut there. So where bytes are cut, the storm spares results.
const signalOf = (modem: MmcliModem): number => Number(modem.generic['signal-quality'].value);
const isComplete = (modem: MmcliModem): boolean =>
  modem.generic.state === 'registered' &&
  modem['3gpp']['operator-name'] !== '--' &&
  modem.generic['access-technologies'].length > 0 &&
  signalOf(modem) > 0;

/** From nothing to registered, and what it knows then. */
async function expectRegistered(plugged: PluggedModem): Promise<void> {
  const { module, address, dir } = plugged;
  await using daemon = await modemManager({ device: address, dir });
  // Before it has looked the modem over, it cannot be enabled.
  const found = await daemon.modemWhen(({ generic }) => /^(?:disabled|failed|locked)$/.test(generic.state));
  expect(found.generic.state).toBe('disabled');
  expect(await daemon.mmcli('-m', 'any', '-e')).toMatchObject({ rc: 0 });
  const modem = await daemon.modemWhen(isComplete);
  const { identity, operator } = module.state;
  expect(modem.generic).toMatchObject({
    state: 'registered',
    'access-technologies': ['lte'],
    'equipment-identifier': identity.imei,
    manufacturer: identity.manufacturer,
    model: identity.model,
    revision: identity.revision,
  });
  expect(signalOf(modem)).toBeGreaterThan(0);
  expect(modem['3gpp']).toMatchObject({
    imei: identity.imei,
    'operator-name': operator.longName,
    'operator-code': operator.numeric,
    'registration-state': 'home',
  });
  await expectWell(plugged);
}

const wholeStorm = (): Behaviour => urcStorm(20, REPORTS);
const cutStorm = (): Behaviour => stormSparingResults(20, REPORTS);

const CASES: [string, Partial<SimModuleOptions>, (() => Behaviour) | undefined][] = [
  ['LE910C1, healthy', {}, undefined],
  ['LE910C1, every byte alone', CUTS['one-byte'], undefined],
  ['LE910C1, cut anywhere', CUTS.random, undefined],
  ['LE910C1, 20 reports a second', {}, wholeStorm],
  ['LE910C1, cut anywhere with 20 reports a second', CUTS.random, cutStorm],
  ['SARA-R5, cut anywhere with 20 reports a second', { profile: 'ublox', ...CUTS.random }, cutStorm],
  ['EG25, 20 reports a second', { profile: 'quectel' }, wholeStorm],
];

describe('ModemManager drives the module to registered, with operator, technology and signal', () => {
  test.each(CASES)('%s', { timeout: 55_000 }, async (_name, options, storm) => {
    await using plugged = await pluggedModem(options);
    if (storm) plugged.module.push(storm());
    await expectRegistered(plugged);
    if (storm) expectReports(plugged, REPORTS, 40);
  });
});
