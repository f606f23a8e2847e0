// The body of a request to a simulated server.
import type { IncomingMessage } from 'node:http';

/** Reads the whole body; undefined when it is too long. */
export async function bodyOf(request: IncomingMessage, maxBytes: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request) {
    size += (part as Buffer).length;
    if (size <= maxBytes) parts.push(part as Buffer);
    // Read on: a connection closed on unread bytes would be reset before the answer arrives.
    else parts.length = 0;
  }
  return size > maxBytes ? undefined : Buffer.concat(parts).toString('utf8');
}
