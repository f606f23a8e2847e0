import { describe, expect, test } from 'vitest';
import { explainProblem, parseConfig } from '../../src/config/index.js';

const said = (text: string): { problems: string; warnings: string } => {
  const { problems, warnings } = parseConfig(text, 'f');
  const line = (all: typeof problems): string => all.map((problem) => explainProblem(problem)).join('\n');
  return { problems: line(problems), warnings: line(warnings) };
};

const BASE = 'version: 1\nmodem: {}\ngnss: {}\n';
const ID = '0123456789abcdef01234567';
const PAIR = 'accessKey: "file:k", accessSecret: "file:s"';
const DIRECT =
  'mode: direct, accountName: "0000123456-00001", imei: "350000000000001", key: "file:k", secret: "file:s", user: "file:u", password: "file:p"';

describe('losant', () => {
  test.each([
    [`{deviceId: ${ID}, ${PAIR}}`],
    [`{transport: rest, applicationId: ${ID}, deviceId: ${ID}, applicationToken: "file:t"}`],
    [`{enrol: {mode: operator, url: "https://operator.example/enrol", token: "file:t"}}`],
    [`{applicationId: ${ID}, enrol: {mode: application-token, token: "file:t", tags: [site=roof]}}`],
  ])('%s is complete', (losant) => {
    expect(said(`${BASE}losant: ${losant}\n`)).toEqual({ problems: '', warnings: '' });
  });

  test.each([
    ['{}', 'needs accessKey and accessSecret'],
    [`{deviceId: ${ID}, accessKey: "file:k"}`, 'accessKey and accessSecret belong together'],
    [`{${PAIR}}`, 'needs a deviceId beside it'],
    [`{deviceId: "XYZ", ${PAIR}}`, 'an id of 24 hexadecimal digits'],
    [`{applicationId: ${ID}, deviceId: ${ID}, applicationToken: "file:t"}`, 'must be rest with an application token'],
    ['{transport: rest, applicationToken: "file:t"}', 'needs applicationId and deviceId beside it'],
    ['{enrol: {mode: operator, token: "file:t"}}', 'is operator, which needs url'],
    ['{enrol: {mode: application-token, token: "file:t"}}', 'needs losant.applicationId'],
    ['{enrol: {mode: operator, url: "https://o.example", token: "file:t", tags: ["no tag"]}}', 'of the form key=value'],
    [`{deviceId: ${ID}, accessKey: abcdef, accessSecret: "file:s"}`, 'the secret itself is never written'],
  ])('%s is refused', (losant, why) => {
    expect(said(`${BASE}losant: ${losant}\n`).problems).toContain(why);
  });
});

describe('thingspace', () => {
  test.each([
    [`{${DIRECT}, acceptAccountWideRisk: true}`],
    ['{mode: delegated, imei: "350000000000001", tokenEndpoint: "https://o.example/t", identity: {bearer: "file:b"}}'],
    [
      '{mode: proxy, imei: "350000000000001", locateEndpoint: "https://o.example/l", identity: {certFile: c, keyFile: k}}',
    ],
  ])('%s is complete', (thingspace) => {
    expect(said(`${BASE}thingspace: ${thingspace}\n`).problems).toBe('');
  });

  test.each([
    [`{${DIRECT}}`, 'whoever reads this disk can then use every SIM'],
    ['{mode: direct, acceptAccountWideRisk: true}', 'needs key, secret, user, password, accountName'],
    ['{mode: direct, accountName: 123456}', 'must be an account name such as "0000123456-00001", in quotes'],
    ['{mode: proxy, identity: {bearer: "file:b"}}', 'which needs locateEndpoint'],
    ['{mode: delegated, tokenEndpoint: "https://o.example"}', 'which needs identity'],
    [
      '{mode: proxy, locateEndpoint: "https://o.example", identity: {bearer: "file:b"}, password: "file:p"}',
      'has no place on this device in mode proxy',
    ],
    [
      '{mode: proxy, locateEndpoint: "https://o.example", identity: {certFile: c}}',
      'certFile and keyFile belong together',
    ],
    ['{mode: proxy, locateEndpoint: "http://o.example", identity: {bearer: "file:b"}}', 'must be an https:// address'],
    ['{mode: proxy, location: {intervalSeconds: 60}}', 'must be a whole number from 900'],
  ])('%s is refused', (thingspace, why) => {
    expect(said(`${BASE}thingspace: ${thingspace}\n`).problems).toContain(why);
  });
});

test('a command nobody knows is named, with the one that was meant', () => {
  expect(said(`${BASE}commands: {allow: [report_status]}\n`).problems).toContain('did you mean report-status?');
});

test('an output that others in the network can reach is warned of', () => {
  const { warnings } = said(`${BASE}location: {raw: {host: 0.0.0.0, port: 5000, writable: true}}\n`);
  expect(warnings).toContain('lets others in the network write to the receiver');
});

test('there is nothing to pass on without a receiver', () => {
  expect(said('version: 1\nlocation: {raw: {port: 5000}}\n').problems).toContain('needs a gnss section');
});

test('a mode that is none is told once, and nothing else of it', () => {
  const { problems } = said(`${BASE}thingspace: {mode: straight, key: "file:k", secret: "file:s"}\n`);
  expect(problems).toContain('must be one of direct, delegated, proxy');
  expect(problems).not.toContain('remove the line');
});

test('an enrolment without a module, and an end that is no day, are named', () => {
  const enrol = '{enrol: {mode: operator, url: "https://o.example", token: "file:t"}}';
  expect(said(`version: 1\nlosant: ${enrol}\n`).problems).toContain('needs a modem section');
  const rest = `transport: rest, applicationId: ${ID}, deviceId: ${ID}, applicationToken: "file:t"`;
  expect(said(`${BASE}losant: {${rest}, applicationTokenExpires: 2027-02-30}\n`).problems).toContain(
    'is not a day of the calendar',
  );
});

test('a gateway for the clouds alone has something configured', () => {
  expect(said(`version: 1\nlosant: {deviceId: ${ID}, ${PAIR}}\n`).warnings).not.toContain('nothing is configured');
});
