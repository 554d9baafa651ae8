import { describe, expect, it } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { findLeaks, remembered, rememberSecret } from './canary.js';
import { sharedSystem } from './system.js';

// Runs after all other files.
describe('what the whole run left behind', () => {
  it('holds no secret, code, password or message text in any log, in Redis or in the database', async () => {
    expect(remembered().length).toBeGreaterThan(0);
    expect(await findLeaks(sharedSystem())).toEqual([]);
  }, 300_000);

  it('would be found if it held one', async () => {
    const value = `planted-${Math.random().toString(36).slice(2)}`;
    rememberSecret('planted', value);
    appendFileSync(sharedSystem().logFile('gateway'), `${value}\n`);
    expect(await findLeaks(sharedSystem())).toContainEqual({
      what: 'planted',
      where: 'shared/logs/gateway.log',
      form: 'plain',
    });
  }, 300_000);
});
