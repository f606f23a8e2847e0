// What is behind the lamps: module, receiver, clock and the program itself.
import { duration } from '../../durations.js';
import type { StatusSnapshot } from '../../snapshot.js';
import { type Element, h } from '../tree.js';
import { bytes, counted } from '../words.js';
import { empty, facts } from './text.js';

function moduleView({ modem }: StatusSnapshot): Element {
  if (!modem) return empty('No module is configured.');
  const { registration } = modem;
  return facts([
    ['Model', [modem.manufacturer, modem.model, modem.revision].filter(Boolean).join(' ')],
    ['Operator', modem.operator],
    ['Registered', [registration.state, registration.technology].filter(Boolean).join(', ')],
    ['Cell', registration.cellId],
    ['Address', modem.bearer.address],
    ['IMEI', modem.imei],
    ['SIM card', modem.iccid],
    ['Temperature', modem.temperatureC === undefined ? '' : `${modem.temperatureC} °C`],
    ['Note', modem.profileNote],
    ['Also open in', modem.sharedWith?.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')],
  ]);
}

function receiverView({ receiver, corrections, assistance }: StatusSnapshot): Element {
  if (!receiver) return empty('No receiver is configured.');
  return facts([
    ['Model', [receiver.model, receiver.firmware].filter(Boolean).join(' ')],
    ['Frames', `${receiver.framesIn} read, ${receiver.badFrames} broken`],
    [
      'Corrections',
      corrections.source === 'none' ? '' : `${corrections.framesToReceiver} given, ${corrections.use.sentence}`,
    ],
    ['Stream', corrections.detail],
    ['Assistance', assistance?.sentence],
  ]);
}

function programView(status: StatusSnapshot): Element {
  const { clock, outputs = [] } = status;
  return facts([
    ['Version', status.version],
    ['Running', duration(status.uptimeMs)],
    ['Memory', bytes(status.rssBytes)],
    ['Clock', clock.state],
    ...outputs.map(
      ({ name, state, port, clients, reason }) =>
        [
          `Output ${name}`,
          reason ??
            `${state === 'open' ? counted(clients, 'program') : state}${port === undefined ? '' : `, port ${port}`}`,
        ] as const,
    ),
  ]);
}

export function aboutView(status: StatusSnapshot): Element {
  const part = (title: string, body: Element): Element => h('div', {}, h('h3', {}, title), body);
  return h(
    'div',
    { class: 'about' },
    part('Module', moduleView(status)),
    part('Receiver', receiverView(status)),
    part('Program', programView(status)),
  );
}
