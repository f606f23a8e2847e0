// Certificate files named in the configuration. They are public: no modes to check, only that they are what they should be.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { WaymarkError } from '../core/index.js';

const MAX_BYTES = 262_144;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]{1,16384}-----END CERTIFICATE-----/g;

/** The certificates of a PEM file, in its order, at least one. Errors: `config.unreadable`. */
export async function readCertificates(path: string): Promise<string[]> {
  let text: string;
  try {
    // Not blocking: a fifo in the file's place must not hold up the start.
    await using handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (!facts.isFile()) throw new WaymarkError('config.unreadable', `${path}: is not a regular file`);
    if (facts.size > MAX_BYTES) throw new WaymarkError('config.unreadable', `${path}: larger than ${MAX_BYTES} bytes`);
    const buffer = Buffer.alloc(MAX_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    text = buffer.toString('latin1', 0, bytesRead);
  } catch (error) {
    if (error instanceof WaymarkError) throw error;
    const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
    throw new WaymarkError('config.unreadable', `${path}: ${code === 'ENOENT' ? 'no such file' : String(code)}`, {
      cause: error,
      hint: 'Check the path of the certificate file and that the service user may read it.',
    });
  }
  const certificates = text.match(CERTIFICATE);
  if (!certificates)
    throw new WaymarkError('config.unreadable', `${path}: holds no PEM certificate`, {
      hint: 'The file must hold -----BEGIN CERTIFICATE----- blocks; a binary (DER) file has to be converted first.',
    });
  return [...certificates];
}
