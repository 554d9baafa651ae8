// @ts-check

/**
 * Calls back on every signal that asks this process to end.
 * @param {(signal: NodeJS.Signals) => void} callback
 */
export function onSignal(callback) {
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, callback);
}
