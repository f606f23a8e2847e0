// Small looks into sysfs and procfs that nothing there can turn against us: only plain files are opened, only their
// head is read, and what comes out is short and printable.
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';

const HEAD_BYTES = 256;
const MAX_TEXT = 80;
/** Controls, marks that steer a terminal, private and unassigned characters, what was no UTF-8. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}\ufffd]+/gu;

/** The head of a plain file, undecorated; undefined when there is none or it cannot be read. Never waits on a pipe or a device. */
export async function readHead(path: string, maxBytes = HEAD_BYTES): Promise<string | undefined> {
  try {
    // Opening a device node would wake the device, opening a pipe waits for its writer.
    if (!(await stat(path)).isFile()) return undefined;
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const head = Buffer.alloc(maxBytes);
    let filled = 0;
    // procfs hands long files out a page at a time.
    while (filled < maxBytes) {
      const { bytesRead } = await file.read(head, filled, maxBytes - filled, null);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return head.toString('utf8', 0, filled);
  } catch {
    return undefined;
  }
}

/** Text from a device or another program as one short printable line; undefined when nothing is left of it. */
export function cleanText(text: string | undefined, maxLength = MAX_TEXT): string | undefined {
  if (text === undefined) return undefined;
  const clean = text.replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  return clean === '' ? undefined : Array.from(clean).slice(0, maxLength).join('').trim();
}
