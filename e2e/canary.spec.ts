import { describe, expect, it } from '@jest/globals';
import { appendFileSync } from 'node:fs';
import { findLeaks, remembered, rememberSecret } from './canary.js';
import { sharedSystem } from './system.js';

// Runs after all other files.
describe('what the whole run left behind', () => {
  it('holds no secret, code, password or message text in any log, in Redis or in the database, but one planted now', async () => {
    expect(remembered().length).toBeGreaterThan(0);
    const value = `planted-${Math.random().toString(36).slice(2)}`;
    const number = String(Math.trunc(10 ** 9 * (1 + Math.random())));
    rememberSecret('planted', value);
    rememberSecret('planted number', number);
    appendFileSync(sharedSystem().logFile('gateway'), `${value}\n{"code":"${number}"}\n`);
    const where = 'shared/logs/gateway.log';
    expect(await findLeaks(sharedSystem())).toEqual([
      { what: 'planted', where, form: 'plain' },
      { what: 'planted number', where, form: 'plain' },
    ]);
  }, 300_000);
});
