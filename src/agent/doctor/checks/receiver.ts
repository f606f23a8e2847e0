// Does the GNSS receiver speak, and what? It is only listened to; a port on which nobody speaks is asked whether it is a
// module.
import { isWaymarkError } from '../../../core/index.js';
import { type PortProbe, probePort } from '../../../modem/index.js';
import type { StatusSnapshot } from '../../../status/index.js';
import type { Desk } from '../desk.js';
import { defineCheck, type Finding, ok, skipped } from '../types.js';
import { toldBefore } from './module.js';

type Facts =
  | { is: 'absent' | 'no-port' }
  | { is: 'blamed'; finding: Finding }
  | {
      is: 'agent';
      receiver: NonNullable<StatusSnapshot['receiver']>;
      trouble: StatusSnapshot['lamps'][number] | undefined;
    }
  | {
      is: 'probed';
      path: string;
      probe: PortProbe;
      baudRate: number;
      configuredBaud: number;
      isSearched: boolean;
      protocol: 'ubx' | 'nmea';
    };

const SPEEDS = [38_400, 9600, 115_200, 230_400, 460_800];

async function gather(desk: Desk): Promise<Facts> {
  const { gnss } = desk.config;
  if (!gnss) return { is: 'absent' };
  const status = await desk.status();
  if (status?.receiver) {
    const trouble = status.lamps.find(({ reason }) => reason !== undefined && /^(?:gnss|link)\./.test(reason));
    return { is: 'agent', receiver: status.receiver, trouble };
  }
  const target = (await desk.targets()).find(({ user }) => user === 'gnss');
  const path = target?.path ?? (gnss.port === 'auto' ? undefined : gnss.port);
  for (const id of ['port', 'serial-permission', 'modem-manager', 'port-holder'] as const)
    if (path !== undefined && desk.result(id)?.state === 'fail' && mentions(desk, id, path))
      return { is: 'blamed', finding: skipped(`first comes: ${desk.result(id)?.title ?? id}`, id) };
  if (path === undefined) return { is: 'no-port' };
  const { clock, open } = desk.machine;
  const speeds =
    target?.port?.usb || path.startsWith('tcp://') ? [] : SPEEDS.filter((speed) => speed !== gnss.baudRate);
  let probe: PortProbe | undefined;
  let baudRate = gnss.baudRate;
  for (const speed of [gnss.baudRate, ...speeds]) {
    desk.onStage?.(`the receiver at ${speed} baud`);
    const found = await probePort(open, path, { clock, signal: desk.signal, baudRate: speed, ask: false });
    probe ??= found;
    if (found.is === 'receiver') {
      [probe, baudRate] = [found, speed];
      break;
    }
    if (found.is !== 'silent') break;
  }
  if (probe?.is === 'silent' && probe.heard !== 'noise')
    probe = await probePort(open, path, { clock, signal: desk.signal, baudRate: gnss.baudRate, listenMs: 0 });
  return {
    ...{
      is: 'probed',
      path,
      baudRate,
      configuredBaud: gnss.baudRate,
      isSearched: gnss.baudSearch,
      protocol: gnss.protocol,
    },
    probe: probe ?? { is: 'silent', heard: 'nothing' },
  };
}

/** The port is one that the check was about. */
function mentions(
  desk: Desk,
  id: 'port' | 'serial-permission' | 'modem-manager' | 'port-holder',
  path: string,
): boolean {
  const result = desk.result(id);
  return [result, ...(result?.also ?? [])].some((finding) => finding?.sentence.includes(path) === true);
}

export const receiverCheck = defineCheck<Desk, Facts>({
  id: 'receiver',
  title: 'Receiver answers',
  needs: ['configuration'],
  deadlineMs: 60_000,
  looksAt:
    'whether the receiver is heard on its port, at which speed and in which protocol, or what the running agent knows of it',
  cures: [
    ['nothing is heard', 'check power, TX and RX (crossed), and that it is the right port'],
    ['it is heard at another speed', 'set `gnss.baudRate`'],
    ['a module answers there', 'exchange `gnss.port` and `modem.port`, or set both to `auto`'],
  ],
  async gather(desk) {
    try {
      return await gather(desk);
    } catch (error) {
      if (!isWaymarkError(error, 'link.driver')) throw error;
      const after = toldBefore(desk, error.code);
      return {
        is: 'blamed',
        finding: after
          ? skipped('first comes: Node and serial driver', after)
          : { is: 'fail', sentence: error.message, cure: error.hint, code: error.code },
      };
    }
  },
  judge(facts) {
    if (facts.is === 'blamed') return facts.finding;
    if (facts.is === 'agent') return ofAgent(facts);
    if (facts.is === 'probed') return ofProbe(facts);
    return facts.is === 'absent' ? skipped('no receiver is configured') : skipped('first comes: Ports', 'port');
  },
});

function ofAgent({ receiver, trouble }: Extract<Facts, { is: 'agent' }>): Finding {
  if (receiver.running && receiver.framesIn > 0)
    return ok(`${receiver.model ?? 'a receiver'} on ${receiver.port} (told by the running agent)`);
  return {
    is: 'fail',
    sentence: trouble?.message ?? `nothing is heard on ${receiver.port}`,
    cure: trouble?.hint ?? 'Check power, the crossed lines TX and RX, and gnss.port',
    code: 'gnss.silent',
  };
}

function ofProbe(facts: Extract<Facts, { is: 'probed' }>): Finding {
  const { path, probe, baudRate, configuredBaud, isSearched, protocol } = facts;
  switch (probe.is) {
    case 'receiver': {
      const words = `${path}: ${probe.speaks.toUpperCase()}`;
      if (baudRate !== configuredBaud && !isSearched)
        return {
          is: 'fail',
          sentence: `${words} is heard at ${baudRate} baud, not at ${configuredBaud}`,
          cure: `Set gnss.baudRate: ${baudRate}`,
          code: 'gnss.silent',
        };
      const later = probe.speaks === 'nmea' && protocol === 'ubx' ? '; UBX is switched on by the agent' : '';
      return ok(`${words} at ${baudRate} baud${later}`);
    }
    case 'modem':
      return {
        is: 'fail',
        sentence: `${path}: a module answers here${probe.model === undefined ? '' : ` (${probe.manufacturer ?? ''} ${probe.model})`}, no receiver`,
        cure: 'Exchange gnss.port and modem.port, or set both to auto',
        code: 'gnss.wrong-device',
      };
    case 'silent':
      return {
        is: 'fail',
        sentence: probe.heard === 'nothing' ? `${path}: nothing is heard` : `${path}: ${probe.heard}, but no receiver`,
        cure: 'Check the receiver’s power, its lines TX and RX (crossed), and gnss.port: waymark modem list --probe shows what is where',
        code: 'gnss.silent',
      };
    case 'busy':
    case 'absent':
    case 'permission': {
      // Each has a check of its own before this one.
      const after = { busy: 'port-holder', absent: 'port', permission: 'serial-permission' } as const;
      return skipped(`first comes: ${probe.error.message}`, after[probe.is]);
    }
  }
}
