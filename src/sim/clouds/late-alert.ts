// Under TLS 1.3 a client believes itself connected before the server has judged its certificate; a refusal then comes as
// an encrypted alert on the first read. Node's server cannot send one, so it is made here with the connection's own
// traffic secret (RFC 8446 sections 5.2, 5.3, 7.1, 7.3), which node hands to those who listen for key logs.
import { createCipheriv, createHmac } from 'node:crypto';

/** The only suite the simulated broker offers under TLS 1.3. */
export const LATE_ALERT_SUITE = 'TLS_AES_128_GCM_SHA256';

const RECORD_HEADER = 5;
const APPLICATION_DATA = 23;
const ALERT_TYPE = 21;
const FATAL = 2;

/** Counts the records of one direction by type, whatever way their bytes are cut. */
export function createRecordCounter(): { push(chunk: Uint8Array): void; readonly applicationData: number } {
  const header: number[] = [];
  let left = 0;
  let applicationData = 0;
  return {
    get applicationData() {
      return applicationData;
    },
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        if (left > 0) {
          const step = Math.min(left, chunk.length - at);
          left -= step;
          at += step;
          continue;
        }
        header.push(chunk[at] as number);
        at++;
        if (header.length < RECORD_HEADER) continue;
        const [type, , , high, low] = header.splice(0) as [number, number, number, number, number];
        left = high * 256 + low;
        if (type === APPLICATION_DATA) applicationData++;
      }
    },
  };
}

function expandLabel(secret: Uint8Array, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return createHmac('sha256', secret).update(info).digest().subarray(0, length);
}

/**
 * One encrypted fatal alert record.
 * @param sequence how many records were already sent under `secret`.
 */
export function sealAlert(secret: Uint8Array, sequence: number, alert: number): Buffer {
  const nonce = expandLabel(secret, 'iv', 12);
  nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ sequence) >>> 0, 8);
  const inner = Buffer.from([FATAL, alert, ALERT_TYPE]);
  const head = Buffer.from([APPLICATION_DATA, 3, 3, 0, inner.length + 16]);
  const cipher = createCipheriv('aes-128-gcm', expandLabel(secret, 'key', 16), nonce);
  cipher.setAAD(head);
  return Buffer.concat([head, cipher.update(inner), cipher.final(), cipher.getAuthTag()]);
}

/** `SERVER_TRAFFIC_SECRET_0 <client random> <secret>`, or another line of a key log. */
export function trafficSecretOf(line: string): { clientRandom: string; secret: Buffer } | undefined {
  const [label, clientRandom, secret] = line.trim().split(' ');
  if (label !== 'SERVER_TRAFFIC_SECRET_0' || clientRandom === undefined || secret === undefined) return undefined;
  return { clientRandom, secret: Buffer.from(secret, 'hex') };
}
