// The module's AT instance for commands that come over the air: it has settings of its own and no port.
import { type ExecutorDeps, openLine } from './executor.js';
import { createSpeaker } from './output.js';
import { freshSession, type SessionSettings } from './state.js';

export interface RemoteAtDeps extends Omit<ExecutorDeps, 'world' | 'prompt' | 'promptBytes' | 'goOnline' | 'perform'> {
  world: Omit<ExecutorDeps['world'], 'session' | 'callContext' | 'hangUp'>;
}

/** Gives what the line said, or undefined when it is no command or was not through in time. */
export function runRemoteAt(
  deps: RemoteAtDeps,
  line: string,
  expiresMs: number,
  done: (output: string | undefined) => void,
): void {
  const { state } = deps.world;
  const session: SessionSettings = { ...freshSession(state.nvm), echo: false };
  const said: Uint8Array[] = [];
  const speaker = createSpeaker(
    { settings: session, words: deps.family, blankAfterColon: state.quirks.blankAfterColon },
    (bytes) => void said.push(bytes),
  );
  if (!/^at/i.test(line)) {
    done(undefined);
    return;
  }
  let isOver = false;
  const finish = (output: string | undefined): void => {
    if (isOver) return;
    isOver = true;
    expiry.cancel();
    done(output);
  };
  const executor: ExecutorDeps = {
    ...deps,
    world: { ...deps.world, session, callContext: undefined, hangUp: () => undefined },
    // Nobody is there to type, or to be online.
    prompt: (onEnd) => onEnd(undefined),
    promptBytes: (_, onEnd) => onEnd(undefined),
    goOnline: () => undefined,
    perform: (command) => command(),
  };
  const expiry = deps.timers.after(expiresMs, () => {
    opened.cancel();
    finish(undefined);
  });
  const sink = {
    info: speaker.info,
    final: (outcome: Parameters<typeof speaker.final>[0]) => {
      speaker.final(outcome);
      finish(Buffer.concat(said).toString('latin1').trim());
    },
  };
  const opened = openLine(executor, line.trim().slice(2), sink, () => undefined);
  opened.start();
}
