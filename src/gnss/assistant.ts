// The receiver as a target of assistance: one injection at a time, and none outlives the connection it was made for.
import { abortable, deferred, type LinkedController, linkedController, WaymarkError } from '../core/index.js';
import { type InjectorDeps, injectAssistance } from './assist.js';
import type { AssistReport, AssistRequest } from './receiver-types.js';

export interface Assistant {
  assist(request: AssistRequest, options: { signal: AbortSignal }): Promise<AssistReport>;
  /** A receiver that understands assistance has shown itself, or its connection has ended. */
  setReady(isReady: boolean): void;
}

const gone = (): WaymarkError => new WaymarkError('link.closed', 'there is no receiver to assist');

export function createAssistant(deps: InjectorDeps): Assistant {
  let isReady = false;
  let current: LinkedController | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  return {
    setReady(value) {
      isReady = value;
      if (!value) current?.abort(gone());
    },
    async assist(request, { signal }) {
      const askedMonoMs = deps.clock.mono();
      const before = turn;
      const done = deferred<undefined>();
      turn = before.then(() => done.promise);
      try {
        await abortable(before, signal);
        if (!isReady) throw gone();
        using scope = linkedController(signal);
        current = scope;
        try {
          return await injectAssistance(deps, request, { signal: scope.signal, askedMonoMs });
        } finally {
          current = undefined;
        }
      } finally {
        done.resolve(undefined);
      }
    },
  };
}
