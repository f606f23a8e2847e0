// What holds for every family, known or to come.
import { describe, expect, test } from 'vitest';
import { createScrubber, Secret } from '../../src/core/index.js';
import { answerPrefix, assertSendable } from '../../src/modem/command.js';
import type { ContextLogin, Profile, UsbLayout } from '../../src/modem/profile.js';
import { PROFILES, VENDOR_PROFILES } from '../../src/modem/profiles/all.js';
import { chooseProfile } from '../../src/modem/profiles/choose.js';
import { GENERIC } from '../../src/modem/profiles/generic.js';
import { GNSS_USB_LAYOUTS } from '../../src/modem/profiles/receivers.js';

const FAMILIES = [...PROFILES, GENERIC];

const PASSWORD = 'Xk7 pq#word';
const login = (changes: Partial<ContextLogin> = {}): ContextLogin => ({
  contextId: 1,
  apn: 'iot.example',
  ipType: 'IPV4V6',
  method: 'chap',
  user: 'someone',
  password: new Secret('password', PASSWORD),
  ...changes,
});

/** Commands that carry nothing from outside but the context's number. */
const commandsOf = (profile: Profile, contextId = 1): string[] => [
  ...profile.setup,
  ...profile.iccidCommands,
  ...[...profile.retryCounters, ...profile.cell, ...profile.activation].map(({ command }) => command),
  ...profile.clock,
  ...profile.activate(contextId),
  ...profile.deactivate(contextId),
  ...(profile.ecm ? [profile.ecm.composition.command, ...profile.ecm.compose] : []),
  ...(profile.ecm?.start ? [profile.ecm.start(contextId)] : []),
  ...(profile.temperature ? [profile.temperature.command] : []),
  profile.restart,
];

describe.each(FAMILIES.map((profile) => [profile.name, profile] as const))('%s', (_, profile) => {
  test('its commands can be sent, and none enters a PIN, changes the factory settings or a lock', () => {
    for (const text of commandsOf(profile)) {
      expect(text).toMatch(/^AT[+#]/);
      expect(() => assertSendable({ text })).not.toThrow();
      expect(text).not.toMatch(/^AT(?:\+CPIN=|\+CPWD|\+CLCK|&F|&W|Z|\+CGDCONT=)/);
    }
    expect(new Set(profile.setup).size).toBe(profile.setup.length);
  });

  test('a context number from outside passes the encoder', () => {
    for (const contextId of [0, 17, 1.5, Number.NaN]) {
      expect(() => profile.activate(contextId)).toThrow('bearer.contextId');
      expect(() => profile.deactivate(contextId)).toThrow('bearer.contextId');
      expect(() => profile.login(login({ contextId }))).toThrow('bearer.contextId');
      if (profile.ecm?.start) expect(() => profile.ecm?.start?.(contextId)).toThrow('bearer.contextId');
    }
  });

  test('a login shows no secret, is scrubbed wherever it is printed, and cannot be broken out of', () => {
    const commands = profile.login(login());
    expect(commands.length).toBeGreaterThan(0);
    for (const { text, shown } of commands) {
      expect(text).toContain(`"${PASSWORD}"`);
      expect(text).toContain('"someone"');
      expect(shown).toMatch(/^AT[+#][A-Z]+=1,\d,\[secret\]$/);
      expect(shown).not.toContain(PASSWORD);
      expect(text.startsWith((shown ?? '').replace('[secret]', ''))).toBe(true);
      expect(() => assertSendable({ text })).not.toThrow();
      // The net under it knows the shape, without ever having been told the value.
      expect(createScrubber().scrub(text)).not.toContain(PASSWORD);
      expect(createScrubber().scrub(JSON.stringify({ line: text }))).not.toContain(PASSWORD);
    }
    for (const bad of ['a"b', 'a;b', 'a\rb', 'a\\b', 'ä', 'x'.repeat(65)]) {
      expect(() => profile.login(login({ user: bad }))).toThrow('bearer.auth.user');
      expect(() => profile.login(login({ password: new Secret('password', bad) }))).toThrow('bearer.auth.password');
    }
    const first = (method: ContextLogin['method']): string | undefined => profile.login(login({ method }))[0]?.text;
    expect(first('pap')).not.toBe(first('chap'));
  });

  test('its questions are not answered by what counts as a report', () => {
    // A known prefix other than the command's own is taken for a report and never reaches the reader.
    for (const command of [profile.temperature?.command, ...profile.cell.map((reading) => reading.command)])
      if (command !== undefined) expect(profile.urcPrefixes).not.toContain(answerPrefix(command));
    expect(profile.urcPrefixes).not.toContain('#TEMPMEAS');
    // A boot text must be no line that any question could be answered with.
    for (const text of profile.lateBootTexts) expect(text).not.toContain(':');
  });

  test('its readers leave lines of another kind alone', () => {
    const readings = [
      ...profile.retryCounters,
      ...profile.cell,
      ...profile.activation,
      ...(profile.temperature ? [profile.temperature] : []),
      ...(profile.ecm ? [profile.ecm.composition] : []),
    ];
    for (const { parse } of readings)
      for (const line of ['OK', 'ERROR', '', 'RING', '+CREG: 1', '+CMTI: "SM",1', '$GNGGA,1,2,3'])
        expect(parse(line)).toBeUndefined();
  });

  test('its USB identities are written as the table wants them, each with one first AT port at most', () => {
    for (const { vendorId, productId, roles, isDownloadMode } of profile.usb) {
      expect(vendorId + productId).toMatch(/^[0-9a-f]{8}$/);
      const listed = Object.values(roles);
      expect(listed.filter((role) => role === 'at').length).toBe(isDownloadMode ? 0 : 1);
      expect(listed.filter((role) => role === 'at2').length).toBeLessThanOrEqual(1);
    }
  });
});

test('every USB identity of the fact sheet is there, once', () => {
  const layouts: UsbLayout[] = [...FAMILIES.flatMap(({ usb }) => usb), ...GNSS_USB_LAYOUTS];
  const ids = layouts.map(({ vendorId, productId }) => `${vendorId}:${productId}`);
  expect(new Set(ids).size).toBe(ids.length);
  const wanted = (
    '1bc7:1201 1bc7:1203 1bc7:1204 1bc7:1206 1bc7:1031 1bc7:1033 1bc7:1101 1bc7:1102 1bc7:110a 1bc7:110b 1bc7:7010 ' +
    '1bc7:7011 1bc7:7020 1bc7:7021 1bc7:1040 1bc7:1041 1bc7:0036 1bc7:9010 1546:1107 1546:110a 1546:1141 1546:1143 ' +
    '1546:1146 1546:1010 1546:1102 1546:1104 05c6:908b 05c6:90b2 05c6:9008 1546:01a5 1546:01a6 1546:01a7 1546:01a8 ' +
    '1546:01a9 2c7c:0125 2c7c:0121 2c7c:0191 2c7c:0195 2c7c:0296 2c7c:0306 2c7c:0512 2c7c:0800 2c7c:0801 2c7c:0700 ' +
    '1e0e:9001 1e0e:9205 1e0e:9206 1e0e:9011'
  ).split(' ');
  expect([...ids].sort()).toEqual([...wanted].sort());
  expect(layouts.filter(({ isDownloadMode }) => isDownloadMode).map(({ productId }) => productId)).toEqual(
    expect.arrayContaining(['9008', '9010']),
  );
});

test('a module of a known vendor and an unknown family gets what the vendor’s families have in common', () => {
  for (const [vendor, manufacturer] of [
    ['telit', 'Telit'],
    ['ublox', 'u-blox'],
    ['quectel', 'Quectel'],
    ['simcom', 'SIMCOM INCORPORATED'],
  ] as const)
    expect(chooseProfile('auto', manufacturer, 'BRAND-NEW 1').profile).toBe(VENDOR_PROFILES[vendor]);
  expect(chooseProfile('auto', 'Somebody', 'X1').profile).toBe(GENERIC);
  expect(chooseProfile('auto', undefined, undefined).profile).toBe(GENERIC);
});

test.each([
  ['ublox-sara-r4', true],
  ['ublox-lara-r6', true],
  ['ublox-sara-r5', false],
  ['ublox-toby-l2', false],
])('%s: +UAUTHREQ has the password first: %s', (name, passwordFirst) => {
  const [command] = FAMILIES.find((profile) => profile.name === name)?.login(login()) ?? [];
  expect(command?.text).toBe(
    passwordFirst ? `AT+UAUTHREQ=1,2,"${PASSWORD}","someone"` : `AT+UAUTHREQ=1,2,"someone","${PASSWORD}"`,
  );
});

test.each([
  ['generic', ['AT+CGAUTH=1,2,"someone","w"']],
  ['telit-le910cx', ['AT+CGAUTH=1,2,"someone","w"', 'AT#PDPAUTH=1,2,"someone","w"']],
  ['quectel-ec2x', ['AT+QICSGP=1,3,"iot.example","someone","w",2', 'AT+CGAUTH=1,2,"someone","w"']],
  ['simcom-sim7600', ['AT+CGAUTH=1,2,"w","someone"']],
])('%s gives user and password in its own words', (name, commands) => {
  const profile = FAMILIES.find((family) => family.name === name);
  expect(profile?.login(login({ password: new Secret('password', 'w') })).map(({ text }) => text)).toEqual(commands);
});

test.each([
  ['telit-le910cx', 'AT#USBCFG=4', '#USBCFG: 4', 'AT#REBOOT'],
  ['telit-le910cx-x', 'AT#USBCFG=1', '#USBCFG: 1', 'AT#REBOOT'],
  ['telit-me910c1', 'AT#USBCFG=3', '#USBCFG: 3', 'AT#REBOOT'],
  ['quectel-ec2x', 'AT+QCFG="usbnet",1', '+QCFG: "usbnet",1', 'AT+CFUN=1,1'],
])('%s becomes a network card by %s', (name, compose, composed, restart) => {
  const profile = FAMILIES.find((family) => family.name === name);
  expect(profile?.ecm?.compose).toEqual([compose]);
  expect(profile?.ecm?.composition.parse(composed)).toBe(true);
  expect(profile?.ecm?.composition.parse(composed.replace(/\d$/, '0'))).toBe(false);
  expect(profile?.restart).toBe(restart);
});

test.each([
  ['ublox-sara-r5', 16],
  ['ublox-lena-r8', 16],
  ['ublox-sara-r4', 15],
  ['ublox-lara-r6', 15],
])('%s restarts with +CFUN=%i', (name, mode) => {
  expect(FAMILIES.find((profile) => profile.name === name)?.restart).toBe(`AT+CFUN=${mode}`);
});
