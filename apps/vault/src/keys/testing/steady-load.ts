import { insertOtpSecret, readEverything, type Vault } from './key-world.js';

/** Reads everything of a workspace, over and over, until the returned function is called: it tells how it went. */
export function readSteadily(vault: Vault, workspaceId: string) {
  let stopped = false;
  const failures: unknown[] = [];
  let values = 0;
  const reading = (async () => {
    while (!stopped) {
      try {
        values += (await readEverything(vault, workspaceId)).values;
      } catch (error) {
        failures.push(error);
      }
    }
  })();
  return async () => {
    stopped = true;
    await reading;
    return { values, failures };
  };
}

/** Adds OTP secrets in the same way. */
export function writeSteadily(vault: Vault, workspaceId: string, most = 300) {
  let stopped = false;
  const failures: unknown[] = [];
  let written = 0;
  const writing = (async () => {
    while (!stopped && written < most) {
      try {
        await vault.database.withWorkspace(workspaceId, (tx) => insertOtpSecret(tx, vault.dataKeys, workspaceId));
        written += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  })();
  return async () => {
    stopped = true;
    await writing;
    return { written, failures };
  };
}
