// Every refusal of the tables of ZTP and AssistNow, as `waymark sim clouds` shows them to curl: set from outside with
// `waymark sim ctl`, so that a person can see with the same commands what the gateway then explains.
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudsDescription } from '../../src/sim/clouds/index.js';
import { ubxFrame } from '../../src/sim/receiver/index.js';
import { cli, startCli } from '../helpers/cli.js';
import { type CurlAnswer, curl } from '../helpers/curl.js';
import { eventually } from '../helpers/scenario.js';

let dir: string;
let running: { child: ChildProcess; ended: Promise<unknown> };
let clouds: CloudsDescription;

beforeAll(async () => {
  execFileSync('curl', ['--version'], { stdio: 'ignore' });
  dir = mkdtempSync(join(tmpdir(), 'waymark-refusals-'));
  const started = startCli(['sim', 'clouds', '--state-dir', dir]);
  running = started;
  await eventually('the clouds say where they are', () => started.output.stdout.includes('\n'));
  clouds = JSON.parse(started.output.stdout) as CloudsDescription;
});
afterAll(async () => {
  running.child.kill('SIGTERM');
  await running.ended;
  rmSync(dir, { recursive: true, force: true });
});

/** One line for `waymark sim ctl`, blanks between its words. */
async function told(line: string): Promise<void> {
  if (line === '') return;
  // A body may hold blanks: what follows `body=` is one word.
  const [words = '', body] = line.split(/ (?=body=)/);
  const args = [...words.split(' '), ...(body === undefined ? [] : [body])];
  const { code, stdout, stderr } = await cli('sim', 'ctl', '--state-dir', dir, ...args);
  expect([code, stdout.startsWith('{"ok":true')], `${line}: ${stdout}${stderr}`).toEqual([0, true]);
}

const ANOTHER_TOKEN = '01234567-89ab-4def-8123-456789abcdef';
const JSON_TYPE = 'Content-Type: application/json';

type Row = [
  what: string,
  /** What is told before, and what puts it right again. */
  ctl: string,
  undo: string,
  ask: () => Promise<CurlAnswer>,
  status: number,
  body: RegExp,
  more?: Partial<CurlAnswer>,
];

function table(rows: readonly Row[]): void {
  test.each(rows)('%s', async (_what, ctl, undo, ask, status, body, more = {}) => {
    await told(ctl);
    try {
      const answer = await ask();
      expect(answer).toMatchObject({ status, exit: 0, body: expect.stringMatching(body), ...more });
      if (answer.exit === 0) expect(answer.headers['content-length']).toBe(String(answer.body.length));
    } finally {
      await told(undo);
    }
  });
}

describe('PointPerfect’s provisioning (specs/ublox.md 1.7, simulator rows 1 to 15)', () => {
  const at = (path: string): string => new URL(path, clouds.ztp.url).href;
  const raw = (body: string, options: { headers?: string[]; url?: string } = {}): Promise<CurlAnswer> =>
    curl(clouds.caFile, options.url ?? clouds.ztp.url, { body, headers: options.headers ?? [JSON_TYPE] });
  const post = (changes: object = {}, headers?: string[]): Promise<CurlAnswer> =>
    raw(JSON.stringify({ token: clouds.ztp.token, hardwareId: 'curl', tags: ['ztp'], ...changes }), {
      ...(headers ? { headers } : {}),
    });

  table([
    ['200: the device is made, which the rows below need', '', '', () => post(), 200, /"privateKey":"-----BEGIN/],
    ['400: the body is no JSON', '', '', () => raw('{"token":'), 400, /body is not JSON/],
    ['401: a token nobody knows', '', '', () => post({ token: ANOTHER_TOKEN }), 401, /unknown token/],
    [
      '403: the device exists, and the profile says error',
      'ztp existing=error',
      'ztp existing=return-existing',
      () => post(),
      403,
      /Device already registered/,
    ],
    [
      '403: the Thing is deactivated',
      'thing curl active=false',
      'thing curl active=true',
      () => post(),
      403,
      /No plan for device device:[0-9a-f-]{36}/,
    ],
    [
      '403: the hardware code is on no allow list',
      'ztp allowList=another',
      'ztp allowList=any',
      () => post(),
      403,
      /Device hardware code not whitelisted/,
    ],
    ['404: another path', '', '', () => curl(clouds.caFile, at('/ztp/other'), { method: 'POST' }), 404, /not found/],
    ['405: GET', '', '', () => curl(clouds.caFile, clouds.ztp.url), 405, /method not allowed/],
    [
      '409: a conflict, as the status of the same refusal',
      'ztp-fault status status=409 body=Device already registered',
      '',
      () => post(),
      409,
      /already registered/,
    ],
    [
      '411: chunked, without Content-Length',
      '',
      '',
      () => post({}, [JSON_TYPE, 'Transfer-Encoding: chunked']),
      411,
      /length required/,
    ],
    ['415: no JSON by its content type', '', '', () => post({}, ['Content-Type: text/plain']), 415, /content type/],
    [
      '422: an upper-case token',
      '',
      '',
      () => post({ token: clouds.ztp.token.toUpperCase() }),
      422,
      /invalid token format/,
    ],
    ['422: no hardware code', '', '', () => post({ hardwareId: undefined }), 422, /hardwareId is required/],
    [
      '429: too often, and for how long',
      'ztp-fault status status=429 retryAfter=120 body=too many requests',
      '',
      () => post(),
      429,
      /too many requests/,
      { headers: { 'retry-after': '120' } },
    ],
    ['503: not now', 'ztp-fault status status=503 body=maintenance', '', () => post(), 503, /maintenance/],
    ['a captive portal’s page, with 200', 'ztp-fault html', '', () => post(), 200, /^<!doctype html>/],
  ]);
});

/** The receiver's own messages, as its provisioning wants them. */
const SEC_UNIQID = ubxFrame(0x27, 0x03, Buffer.from('02000000a1b2c3d4e5f6', 'hex'));
const monVer = (protocol: string): Uint8Array => {
  const payload = Buffer.alloc(70);
  payload.write('EXT CORE 1.00', 0, 'latin1');
  payload.write('00190000', 30, 'latin1');
  payload.write(`PROTVER=${protocol}`, 40, 'latin1');
  return ubxFrame(0x0a, 0x04, payload);
};
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString('hex');
const postReceiver = (changes: object = {}, messages: object = {}): Promise<CurlAnswer> =>
  curl(clouds.caFile, clouds.assistnow.ztp.url, {
    headers: [JSON_TYPE],
    body: JSON.stringify({
      token: clouds.assistnow.ztp.token,
      messages: { 'UBX-SEC-UNIQID': hex(SEC_UNIQID), 'UBX-MON-VER': hex(monVer('27.11')), ...messages },
      ...changes,
    }),
  });

describe('AssistNow’s provisioning (specs/ublox.md 1.6, simulator rows 16 and 17)', () => {
  const damaged = hex(SEC_UNIQID).replace(/..$/, '00');
  table([
    [
      '200: chipcode, address and what the plan allows',
      '',
      '',
      () => postReceiver(),
      200,
      /"allowedData":"ualm, uporb_1/,
    ],
    [
      '400: the checksum of a message is wrong',
      '',
      '',
      () => postReceiver({}, { 'UBX-SEC-UNIQID': damaged }),
      400,
      /UBX-SEC-UNIQID is not a valid message/,
    ],
    ['401: a token nobody knows', '', '', () => postReceiver({ token: ANOTHER_TOKEN }), 401, /unknown token/],
    [
      '401: the token of the PointPerfect profile',
      '',
      '',
      () => postReceiver({ token: clouds.ztp.token }),
      401,
      /unknown/,
    ],
    [
      '403: a receiver of an old generation',
      '',
      '',
      () => postReceiver({}, { 'UBX-MON-VER': hex(monVer('14.00')) }),
      403,
      /Receiver generation not supported/,
    ],
    [
      '403: no plan',
      'assistnow planActive=false',
      'assistnow planActive=true',
      () => postReceiver(),
      403,
      /No plan for device device:[0-9a-f-]{36}/,
    ],
    ['422: no UUID', '', '', () => postReceiver({ token: 'nonsense' }), 422, /invalid token format/],
    [
      '503: not now',
      'assistnow-ztp-fault status status=503 retryAfter=60',
      '',
      () => postReceiver(),
      503,
      /^$/,
      { headers: { 'retry-after': '60' } },
    ],
  ]);
});

describe('AssistNow by chipcode (specs/ublox.md 4.1, simulator rows 37 to 39)', () => {
  let chipcode = '';
  beforeAll(async () => {
    ({ chipcode } = JSON.parse((await postReceiver()).body) as { chipcode: string });
  });
  const get = (code = chipcode, data = 'uporb_1'): Promise<CurlAnswer> =>
    curl(clouds.caFile, `${clouds.assistnow.serviceUrl}?chipcode=${encodeURIComponent(code)}&gnss=gps&data=${data}`);
  const unknown = (status: number): Row => [
    `${status}: a chipcode nobody knows`,
    `assistnow unknownChipcodeStatus=${status}`,
    '',
    () => get('bm9ib2R5'),
    status,
    /Invalid chipcode/,
  ];
  const fault = (line: string): string => `assistnow-fault ${line} service=current`;

  table([
    ['200: orbits', '', '', () => get(), 200, /^\xb5b\x13/, { headers: { 'content-type': 'application/ubx' } }],
    ...([401, 400, 404, 422] as const).map(unknown),
    [
      '403, and not one byte: one type of the request is not in the plan',
      'assistnow allowedData=ualm,uporb_1',
      'assistnow allowedData=all',
      () => get(chipcode, 'uporb_1,ulorb_l1'),
      403,
      /^$/,
    ],
    [
      '429: too often',
      fault('status status=429 retryAfter=30'),
      '',
      () => get(),
      429,
      /^$/,
      { headers: { 'retry-after': '30' } },
    ],
    ['503: not now', fault('status status=503'), '', () => get(), 503, /^$/],
    ['200 with a sentence instead of orbits', fault('text'), '', () => get(), 200, /^Error: the service/],
    ['a body that ends before its Content-Length', fault('short'), '', () => get(), 200, /^\xb5b\x13/, { exit: 18 }],
  ]);
});

describe('AssistNow by token, the old service (specs/ublox.md 4.2 and 4.3, simulator rows 35 and 36)', () => {
  const get = (
    token: string,
    rest = 'gnss=gps;datatype=eph',
    url = clouds.assistnow.legacy.onlineUrl,
  ): Promise<CurlAnswer> => curl(clouds.caFile, `${url}?token=${token};${rest}`);
  const refused: [number, RegExp] = [400, /^Invalid token$/];

  table([
    [
      '200: a good token',
      '',
      '',
      () => get(clouds.assistnow.legacy.token),
      200,
      /^\xb5b\x13/,
      {
        headers: { 'content-type': 'application/ubx' },
      },
    ],
    ['400: a temporary token past its end', '', '', () => get(clouds.assistnow.legacy.expiredToken), ...refused],
    ['400: a deactivated token', '', '', () => get(clouds.assistnow.legacy.deactivatedToken), ...refused],
    ['400: a token of another service', '', '', () => get(clouds.assistnow.legacy.otherServiceToken), ...refused],
    ['400: a ZTP token', '', '', () => get(clouds.assistnow.ztp.token), ...refused],
    [
      '400: the account’s own token, once it is deactivated',
      'assistnow legacyToken=deactivated',
      'assistnow legacyToken=permanent',
      () => get(clouds.assistnow.legacy.token),
      ...refused,
    ],
    [
      '400: a good token and a data type nobody knows',
      '',
      '',
      () => get(clouds.assistnow.legacy.token, 'gnss=gps;datatype=ephemeris'),
      400,
      /^Unknown datatype$/,
    ],
    [
      '400: a good token, and more days than there are',
      '',
      '',
      () => get(clouds.assistnow.legacy.token, 'gnss=gps;days=36', clouds.assistnow.legacy.offlineUrl),
      400,
      /days must be/,
    ],
  ]);
});
