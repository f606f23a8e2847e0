import { expect, test } from 'vitest';
import type { World } from '../../src/sim/index.js';
import { cli } from '../helpers/cli.js';
import { portOf, rootFlags } from '../helpers/machine.js';
import { APP_TOKEN, isServing, QUICK_MODULE, startScenario } from '../helpers/scenario.js';

const AUTO = { modem: { port: 'auto' }, gnss: { port: 'auto' } };
/** What an unknown port may be asked: who it is, and nothing else. */
const QUESTIONS = /^(?:(?:AT|ATI|AT\+CGMI|AT\+CGMM)\r)*$/;

/** What `modem list` says that auto would take: paths. */
async function listedAuto(world: World): Promise<{ modem?: string | undefined; gnss?: string | undefined }> {
  const list = await cli('modem', 'list', '--json', ...rootFlags(world));
  const { ports, auto } = JSON.parse(list.stdout) as {
    ports: { name: string; path: string }[];
    auto: { modem?: string; gnss?: string };
  };
  const pathOf = (name: string | undefined): string | undefined => ports.find((port) => port.name === name)?.path;
  return { modem: pathOf(auto.modem), gnss: pathOf(auto.gnss) };
}

test.concurrent.each(['telit', 'quectel', 'ublox'] as const)(
  'two AT ports, NMEA, diagnostics, a receiver and a silent adapter (%s): auto serves and writes to its own two only',
  async (profile) => {
    const listed: { modem?: string; gnss?: string } = {};
    await using gateway = await startScenario({
      onMachine: true,
      world: { profile, module: QUICK_MODULE },
      config: AUTO,
      // Nobody holds a port yet.
      prepare: async (world) => Object.assign(listed, await listedAuto(world)),
    });
    const { world, heard } = gateway;
    const status = await gateway.until('serving, and fed', (s) => isServing(s) && s.corrections.usedByReceiver > 0);

    expect(listed.gnss).toBe(portOf(world, 'receiver').node);
    // Without asking nobody can know what is behind a bridge chip.
    expect(listed.modem).toBe(profile === 'ublox' ? undefined : portOf(world, 'at').node);

    const own = profile === 'ublox' ? (['at', 'at2'] as const) : (['at'] as const);
    expect(own.map((role) => portOf(world, role).byId)).toContain(status.modem?.portName);
    expect(status.modem?.portFound).toBe(profile === 'ublox' ? 'probed' : 'usb-id');
    expect(status.receiver).toMatchObject({ running: true, model: 'ZED-F9P' });

    // The module's own ports are known by their USB identity; behind a bridge chip everything unknown may be asked.
    expect([heard('diag'), heard('nmea')]).toEqual(['', '']);
    if (profile === 'ublox') expect(heard('foreign')).toMatch(QUESTIONS);
    else expect(heard('foreign')).toBe('');
    expect(heard('receiver')).not.toMatch(/AT[+#&E]/);
    for (const role of ['receiver', 'foreign'] as const) expect(heard(role)).not.toContain(APP_TOKEN);
    expect(heard('at') + heard('at2')).not.toContain('\xb5b\x02\x36');
    // Not for want of secrets: where the module can take the token, it has got it.
    if (profile === 'telit') {
      await gateway.until('token in the module', (s) => s.modem?.appTokenState === 'verified');
      expect(heard('at')).toContain(APP_TOKEN);
      expect(heard('at2')).toBe('');
    }
  },
  40_000,
);
