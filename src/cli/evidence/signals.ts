// Signals that ask to end, for work which must be undone first whoever asks and however often.

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Calls `stop` on each; none of them ends the process by itself meanwhile. Returns the unsubscribe. */
export function onEverySignal(stop: () => void): () => void {
  for (const name of SIGNALS) process.on(name, stop);
  return () => {
    for (const name of SIGNALS) process.off(name, stop);
  };
}
