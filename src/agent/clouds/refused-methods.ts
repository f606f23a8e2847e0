// A command that is delivered until it is answered, and was refused, stays refused: its answer may still be on its way, and
// whoever called would be told that it was refused while it is run. Of this life alone; after a restart it is judged anew.
import type { CommandResult, CommandSink } from '../../core/index.js';

const MAX_REMEMBERED = 1024;

/** The sink, with the refusals of one cloud by their ids. */
export function refusedForGood(sink: CommandSink): CommandSink {
  const refused = new Map<string, CommandResult>();
  return async (command) => {
    const before = refused.get(command.id);
    if (before) return before;
    const result = await sink(command);
    if (result.end !== 'refused') return result;
    refused.set(command.id, result);
    const [oldest] = refused.keys();
    if (refused.size > MAX_REMEMBERED && oldest !== undefined) refused.delete(oldest);
    return result;
  };
}
