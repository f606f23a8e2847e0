// SIGTERM and SIGINT ask for an orderly stop; a second one means now.

/** Calls `stop` on the first signal; a second ends the process at once. Returns the unsubscribe. */
export function onStopSignal(stop: () => void): () => void {
  let asked = false;
  const onSignal = (): void => {
    if (asked) process.exit(1);
    asked = true;
    stop();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return () => {
    process.off('SIGTERM', onSignal);
    process.off('SIGINT', onSignal);
  };
}
