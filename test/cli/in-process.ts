// A verb called in this process, with what it prints caught as the bytes that a terminal would get.
import { vi } from 'vitest';

export interface Printed {
  code: number;
  stdout: string;
  stderr: string;
}

function caught(stream: NodeJS.WriteStream): { text: () => string; stop: () => void } {
  let text = '';
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk: Uint8Array | string) => {
    text += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  });
  return { text: () => text, stop: () => spy.mockRestore() };
}

/** One at a time: there is one stdout. `during` sees the output so far. */
export async function printed(
  verb: () => Promise<number>,
  during?: (soFar: { stdout: () => string; stderr: () => string }) => Promise<void>,
): Promise<Printed> {
  const [out, err] = [caught(process.stdout), caught(process.stderr)];
  try {
    const [code] = await Promise.all([verb(), during?.({ stdout: out.text, stderr: err.text })]);
    return { code, stdout: out.text(), stderr: err.text() };
  } finally {
    out.stop();
    err.stop();
  }
}

/** Polls until `fact`; the message says what was awaited. */
export async function until(what: string, fact: () => boolean, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!fact()) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
