// What a cloud may ask of the gateway, as the services hand it on: untrusted until checked, answered in any case.

/** One command as it came. */
export interface CloudCommand {
  /** The cloud it came from: `losant`, `devicewise`. */
  from: string;
  /** The cloud's own id, or one made of name and time where it has none: the same command has the same id. */
  id: string;
  name: string;
  /** Any JSON. */
  payload: unknown;
  /** When the cloud says it was sent, ms since 1970 UTC. */
  sentUtcMs?: number;
  /** Kept by a broker for whoever comes: never run. */
  isRetained: boolean;
}

export const COMMAND_ENDS = ['done', 'failed', 'refused', 'interrupted', 'repeated'] as const;
export type CommandEnd = (typeof COMMAND_ENDS)[number];

/** What became of it; sent back to the cloud in any case. */
export interface CommandResult {
  id: string;
  name: string;
  end: CommandEnd;
  /** Error code where it was not done. */
  code?: string;
  /** One sentence, free of secrets. */
  message: string;
  /** What a report asked for. */
  data?: Readonly<Record<string, unknown>>;
}

/** Decides, runs and remembers; resolves with what to answer. Never rejects. */
export type CommandSink = (command: CloudCommand) => Promise<CommandResult>;
