// A command that is delivered until it is answered, and was refused, stays refused: its answer may still be on its way, and
// whoever called would be told that it was refused while it is run. Of this life alone; after a restart it is judged anew.
import { type CommandResult, type CommandSink, RecentMap } from '../../core/index.js';

const MAX_REMEMBERED = 1024;

/** The sink, with the refusals of one cloud by their ids. */
export function refusedForGood(sink: CommandSink): CommandSink {
  const refused = new RecentMap<string, CommandResult>(MAX_REMEMBERED);
  return async (command) => {
    const before = refused.get(command.id);
    if (before) return before;
    const result = await sink(command);
    if (result.end === 'refused') refused.set(command.id, result);
    return result;
  };
}
