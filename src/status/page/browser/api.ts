// What is asked of the gateway, and the token that actions need. The token stays in this tab and leaves the address bar
// before anything else happens. A shared page (`waymark page share`) asks for none: its cookie opens the door there.

/** Not the door's cookie, which no script can read; only what it is good for (share/gate.ts). */
export function sharedFor(): 'act' | 'look' | undefined {
  const said = /(?:^|;\s*)__Host-waymark-shared=(act|look)(?:;|$)/.exec(document.cookie)?.[1];
  return said === 'act' || said === 'look' ? said : undefined;
}

const KEY = 'waymark-token';

/** From `#token=…`, as a shared link or a QR code brings it. */
export function takeTokenFromAddress(): void {
  const given = /^#token=([A-Za-z0-9_-]{16,128})$/.exec(location.hash)?.[1];
  if (!location.hash.startsWith('#token=')) return;
  history.replaceState(null, '', location.pathname + location.search);
  if (given !== undefined) keepToken(given);
}

// A browser may forbid its storage; the token then lives as long as the page.
let held: string | undefined;

export function token(): string | undefined {
  try {
    return sessionStorage.getItem(KEY) ?? held;
  } catch {
    return held;
  }
}

export function keepToken(value: string | undefined): void {
  held = value;
  try {
    if (value === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  } catch {
    // Held above.
  }
}

/** Undefined when it could not be had: the page goes on with what it has. */
export async function get(path: string): Promise<unknown> {
  try {
    const answer = await fetch(path, { cache: 'no-store', credentials: 'same-origin' });
    return answer.ok ? ((await answer.json()) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

export interface ActionOutcome {
  isDone: boolean;
  isTokenRefused: boolean;
  message: string;
}

/** Without a token on a shared page only. */
export async function ask(name: string, withToken: string | undefined): Promise<ActionOutcome> {
  try {
    const answer = await fetch('/api/v1/actions', {
      method: 'POST',
      credentials: 'same-origin',
      headers: {
        'content-type': 'application/json',
        ...(withToken === undefined ? {} : { authorization: `Bearer ${withToken}` }),
      },
      body: JSON.stringify({ name }),
    });
    const said = (await answer.json().catch(() => ({}))) as { message?: unknown; error?: unknown; hint?: unknown };
    const words = [said.message, said.message === undefined ? said.error : undefined, said.hint]
      .filter((text) => typeof text === 'string')
      .join(' ');
    return {
      isDone: answer.ok,
      isTokenRefused: answer.status === 401 && withToken !== undefined,
      message: words === '' ? `The gateway answered ${answer.status}.` : words,
    };
  } catch {
    return { isDone: false, isTokenRefused: false, message: 'The gateway did not answer.' };
  }
}
