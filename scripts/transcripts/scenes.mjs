// The dialogues of docs/understand/at-dw-commands.md, one function each.
import { AUTHORITY, SERVER, TOKEN } from './desk.mjs';

const HOUR_MS = 3_600_000;

export const SCENES = {
  async 'set-up'(desk) {
    await desk.at('AT#DWCFG=?');
    await desk.at('AT#SGACT?');
    await desk.at('AT#SGACT=1,1');
    await desk.at('AT#SSLEN=1,1');
    desk.note('the authority that signs the server, before its check is switched on');
    const bytes = Buffer.byteLength(AUTHORITY);
    await desk.prompted(`AT#SSLSECDATA=1,1,1,${bytes}`, AUTHORITY, {
      shownAs: `${bytes} bytes: -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----, line ends of one LF`,
    });
    await desk.at('AT#SSLSECCFG=1,0,1,1');
    desk.note('no AT commands from the cloud');
    await desk.at('AT#DWEN=0,0');
    desk.note('server, key by IMEI, app token, TLS, heartbeat, reconnect 0, FIFO, instance 4, 5 s');
    await desk.at(`AT#DWCFG=${SERVER}:8883,0,${TOKEN},1,60,0,0,4,5`);
    await desk.at('AT#DWCFG?');
  },

  async 'bad-parameters'(desk) {
    await desk.at(`AT#DWCFG=${SERVER}:8883,2,${TOKEN},1,60,0,0,4,5`);
    await desk.at(`AT#DWCFG=${SERVER}:8883,0,${TOKEN},1,9,0,0,4,5`);
    desk.note('nothing of either was kept');
    await desk.at('AT#DWCFG?');
  },

  async connect(desk) {
    await desk.quietly(() => desk.ready());
    await desk.at('AT#DWCONN?');
    await desk.at('AT#DWCONN=1');
    await desk.wait(500);
    await desk.at('AT#DWCONN?');
    await desk.at('AT#DWSTATUS');
    desk.note('once more while it is started, then off, and off again');
    await desk.at('AT#DWCONN=1');
    await desk.at('AT#DWCONN=0');
    await desk.at('AT#DWCONN=0');
  },

  async 'no-context'(desk) {
    await desk.quietly(() => desk.ready());
    await desk.quietly(() => desk.at('AT#SGACT=1,0'));
    await desk.at('AT#DWCONN=1');
    await desk.at('AT#DWCONN?');
    desk.note('another way of firmware: started all the same, and trying in vain');
    desk.module.push({ deviceWise: { pdpGuard: false } });
    await desk.at('AT#DWCONN=1');
    await desk.at('AT#DWCONN?');
    await desk.at('AT#DWCONN=0');
  },

  async 'wrong-token'(desk) {
    await desk.quietly(() => desk.ready('Wrong1234Token56'));
    await desk.at('AT#DWCONN=1');
    await desk.wait(3000);
    await desk.at('AT#DWCONN?');
    await desk.at('AT#DWSTATUS');
    await desk.at('AT#DWSEND=0,property.publish,key,temp,value,22.5');
    desk.note('the right one; a client that is started does not look at it');
    await desk.at(`AT#DWCFG=${SERVER}:8883,0,${TOKEN},1,60,0,0,4,5`);
    await desk.at('AT#DWCONN=1');
    await desk.at('AT#DWCONN=0');
    await desk.at('AT#DWCONN=1');
    await desk.at('AT#DWCONN?');
  },

  async 'wrong-token-for-ever'(desk) {
    await desk.quietly(async () => {
      await desk.ready('Wrong1234Token56');
      await desk.at(`AT#DWCFG=${SERVER}:8883,0,Wrong1234Token56,1,60,3,0,4,5`);
    });
    await desk.at('AT#DWCONN=1');
    await desk.wait(HOUR_MS / 10);
    await desk.at('AT#DWCONN?');
  },

  async formatted(desk) {
    await desk.connected();
    await desk.at('AT#DWSEND=0,property.publish,key,temp,value,22.5');
    await desk.ring();
    await desk.at('AT#DWRCV=2');
    desk.note('fetched is gone');
    await desk.at('AT#DWRCV=2');
  },

  async 'formatted-traps'(desk) {
    await desk.connected();
    const send = async (text) => {
      await desk.at(`AT#DWSEND=0,${text}`);
      await desk.wait(1000);
    };
    desk.note('a serial number with leading zeros; then as text');
    await send('thing.attr.set,key,serial,value,00123');
    await send('thing.attr.set,key,serial,value,"00123"');
    desk.note('west of Greenwich');
    await send('location.publish,lat,26.394056,lng,-80.11554');
    desk.note('more than 32 bits; two dots');
    await send('property.publish,key,count,value,3000000000');
    await send('thing.attr.set,key,version,value,1.2.3');
    desk.note('a comma, protected; an empty value, which is no value');
    await send('thing.attr.set,key,note,value,"a,b"');
    await send('thing.attr.set,key,note,value,');
  },

  async raw(desk) {
    await desk.connected();
    await desk.raw({
      1: {
        command: 'location.publish',
        params: { lat: 26.3940568, lng: -80.1155432, fixType: 'gnss', ts: '2026-01-02T03:04:05.678Z' },
      },
    });
    await desk.ring();
    await desk.at('AT#DWLRCV');
    await desk.at('AT#DWRCVR=2');
  },

  async 'raw-traps'(desk) {
    await desk.connected();
    desk.note('another command id than "1": carried out, and reported as failed');
    await desk.raw({ cmd: { command: 'property.publish', params: { key: 'temp', value: 22.5 } } });
    await desk.ring();
    await desk.at('AT#DWRCVR=2');
    desk.note('a fraction of a large number');
    await desk.raw({ 1: { command: 'property.publish', params: { key: 'epoch', value: 1700000000.5 } } });
    await desk.wait(1000);
    desk.note('no JSON; too long');
    await desk.raw('{oops');
    await desk.at('AT#DWSENDR=1501');
  },

  async failures(desk) {
    await desk.connected();
    desk.note('the cloud says no: its code -90008 does not come through');
    await desk.at('AT#DWSEND=0,thing.find,key,nobody');
    await desk.ring();
    await desk.at('AT#DWRCV=2');
    desk.note('the cloud says nothing');
    desk.platform.configure({ replyMs: 120_000 });
    await desk.at('AT#DWSEND=0,property.publish,key,temp,value,22.5');
    await desk.ring();
    await desk.at('AT#DWRCV=3');
  },

  async method(desk) {
    await desk.connected();
    desk.wire('whole');
    desk.platform.method(desk.thing, 'set_rate', { seconds: 30 });
    await desk.ring();
    const [line = ''] = await desk.at('AT#DWRCV=3');
    const [, id = ''] = /^#DWDATA: \d+,\d+,\d+,([^,]+),/.exec(line) ?? [];
    desk.note('how far it is; then the end');
    await desk.at(`AT#DWSEND=2,${id},half done`);
    await desk.at(`AT#DWSEND=3,${id},0,applied,30`);
    await desk.wait(1000);
  },

  async 'method-refused'(desk) {
    await desk.connected();
    desk.wire(false);
    desk.platform.method(desk.thing, 'say', { text: 'Hello, world', times: 2 });
    await desk.ring();
    const [line = ''] = await desk.at('AT#DWRCV=3');
    const [, id = ''] = /^#DWDATA: \d+,\d+,\d+,([^,]+),/.exec(line) ?? [];
    desk.wire('whole');
    await desk.at(`AT#DWSEND=3,${id},4,not allowed`);
    await desk.wait(1000);
  },

  async 'method-without-parameters'(desk) {
    await desk.connected();
    desk.platform.method(desk.thing, 'reboot');
    desk.note('no ring, and no acknowledgement: the caller waits in vain');
    await desk.wait(60_000);
    await desk.at('AT#DWLRCV');
  },

  async 'full-inbox'(desk) {
    await desk.connected();
    await desk.quietly(async () => {
      for (let n = 0; n < 20; n++) {
        await desk.at(`AT#DWSEND=0,property.publish,key,temp,value,${n}`);
        await desk.wait(1000);
      }
    });
    await desk.at('AT#DWLRCV');
    desk.note('the next answer is lost: no ring');
    await desk.at('AT#DWSEND=0,property.publish,key,temp,value,20');
    await desk.wait(5000);
    desk.note('a method is refused for you');
    desk.platform.method(desk.thing, 'set_rate', { seconds: 30 });
    await desk.wait(5000);
    desk.note('room again');
    await desk.at('AT#DWRCV=2');
    await desk.at('AT#DWSEND=0,property.publish,key,temp,value,21');
    await desk.ring();
  },

  async 'remote-at'(desk) {
    await desk.connected();
    await desk.quietly(() => desk.at('AT#DWEN=0,0'));
    desk.wire('whole');
    const input = { timeout: 10, input: 'AT+CSQ' };
    desk.note('off: refused without a word to you');
    desk.platform.mail(desk.thing, 'module.exec', input);
    await desk.wait(3000);
    await desk.at('AT#DWEN=0,1');
    desk.note('on: any command line, run where you do not see it');
    desk.platform.mail(desk.thing, 'module.exec', input);
    await desk.wait(3000);
  },

  async 'lost-context'(desk) {
    await desk.connected();
    desk.note('the network takes context 1 away: of deviceWISE not a word');
    desk.module.setPdpActive(false);
    await desk.wait(1000);
    await desk.at('AT#DWCONN?');
    await desk.at('AT#DWSTATUS');
    await desk.at('AT#SGACT?');
    await desk.at('AT#DWSEND=0,property.publish,key,temp,value,22.5');
    desk.note('a started client is not started again');
    await desk.at('AT#DWCONN=0');
    await desk.at('AT#SGACT=1,1');
    await desk.at('AT#DWCONN=1');
    await desk.at('AT#DWCONN?');
  },
};
