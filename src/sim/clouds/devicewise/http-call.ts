// One request over HTTP as TR50: who asks, for what, and the answer. No I/O.
import { isRecord } from '../../fields.js';
import type { SimDeviceWiseControl } from './control.js';
import type { FrontSettings } from './front-settings.js';
import type { HttpSessions } from './http-sessions.js';
import type { DeviceWisePlatform, Json, ThingSession, Tr50Reply } from './types.js';

export interface CallDeps {
  platform: DeviceWisePlatform & Pick<SimDeviceWiseControl, 'rootFailure'>;
  sessions: HttpSessions;
  settings: () => FrontSettings;
}

const AUTHENTICATE = 'api.authenticate';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `auth` with a command: the session it opens, or the answer that none is. */
function authenticate(auth: Json, deps: CallDeps): { session: ThingSession; reply: Json } | { refusal: Tr50Reply } {
  const { platform, sessions, settings } = deps;
  const params = isRecord(auth['params']) ? auth['params'] : {};
  const admission = platform.admit({
    applicationId: textOf(params['appId']),
    thingKey: textOf(params['thingKey']),
    appToken: textOf(params['appToken']),
    via: 'http',
  });
  if (admission.is === 'welcome') {
    const sessionId = sessions.open(admission.session, settings().sessionTtlS);
    return { session: admission.session, reply: { success: true, params: { sessionId } } };
  }
  const { httpRefusal, authErrorCode } = settings();
  // Why is for the ledger: a client is told the same for every cause.
  const failure = { success: false, errorCodes: [authErrorCode], errorMessages: ['Authentication failed.'] };
  return { refusal: httpRefusal === 'root' ? failure : { auth: failure } };
}

/** Ends the session its own client has ended. */
function endIfAsked(sessionId: string, commands: Json, reply: Tr50Reply, sessions: HttpSessions): void {
  for (const [id, command] of Object.entries(commands)) {
    const answer = reply[id];
    const isEnd = isRecord(command) && command['command'] === 'session.end';
    if (isEnd && isRecord(answer) && answer['success'] === true) sessions.end(sessionId);
  }
}

/** Without anybody to speak for: user and password, for which devices have no use here, are refused like no session. */
export function answerCall(text: string, header: string | undefined, deps: CallDeps): Tr50Reply {
  const body = parsed(text);
  if (!body) return deps.platform.rootFailure('malformed');
  const { auth, ...commands } = body;
  const execute = (session: ThingSession): Tr50Reply =>
    deps.platform.execute(session, Buffer.from(JSON.stringify(commands)));

  if (isRecord(auth) && auth['command'] === AUTHENTICATE) {
    const made = authenticate(auth, deps);
    if ('refusal' in made) return made.refusal;
    if (Object.keys(commands).length === 0) return { auth: made.reply };
    const rest = execute(made.session);
    return rest['success'] === undefined ? { auth: made.reply, ...rest } : rest;
  }
  const sessionId = isRecord(auth) ? textOf(auth['sessionId']) : (header ?? '');
  const session = deps.sessions.find(sessionId);
  if (!session) return deps.platform.rootFailure('session');
  const reply = execute(session);
  endIfAsked(sessionId, commands, reply, deps.sessions);
  return reply;
}

/** Does this ask for a session? For the ledger. */
export function isAuthCall(text: string): boolean {
  const auth = parsed(text)?.['auth'];
  return isRecord(auth) && auth['command'] === AUTHENTICATE;
}

/** The code of an answer that failed as a whole, whatever the spelling. */
export function rootCodeOf(reply: Tr50Reply): number | undefined {
  const fields = new Map(Object.entries(reply).map(([name, value]) => [name.toLowerCase(), value]));
  if (fields.get('success') !== false) return undefined;
  const codes = fields.get('errorcodes');
  const first: unknown = Array.isArray(codes) ? codes[0] : undefined;
  return typeof first === 'number' ? first : 0;
}
