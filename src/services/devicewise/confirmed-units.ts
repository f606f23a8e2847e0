// Which commands of a record the cloud has confirmed while the record itself is not done yet. A record of several commands
// may be interrupted between two of them; tried again, it goes on where it was, and nothing is stored twice.
import type { Tr50Command } from '../../core/index.js';

const MAX_RECORDS = 1000;

/** The same command of the same record, however its values are divided this time. */
function nameOf({ command, params }: Tr50Command): string {
  const data = params?.['data'];
  const keys = Array.isArray(data) ? data.map((item) => String((item as { key?: unknown }).key)) : [];
  return `${command} ${keys.join()}`;
}

export class ConfirmedUnits {
  readonly #names = new Map<string, Set<string>>();

  has(recordId: string, command: Tr50Command): boolean {
    return this.#names.get(recordId)?.has(nameOf(command)) === true;
  }

  note(recordId: string, command: Tr50Command): void {
    const names = this.#names.get(recordId);
    if (names) names.add(nameOf(command));
    else if (this.#names.size < MAX_RECORDS) this.#names.set(recordId, new Set([nameOf(command)]));
  }

  /** The record has its verdict. */
  forget(recordId: string): void {
    this.#names.delete(recordId);
  }
}
