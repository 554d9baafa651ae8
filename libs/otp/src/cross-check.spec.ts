import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync, spawnSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { generateHotp, generateTotp, type OtpAlgorithm } from './index.js';

const algorithm = fc.constantFrom<OtpAlgorithm>('SHA1', 'SHA256', 'SHA512');
const secret = fc.uint8Array({ minLength: 5, maxLength: 512 });

describe('an implementation that shares nothing with ours agrees', () => {
  /** RFC 4226 section 5.3 read literally, with big integers where we have bytes. */
  function independentHotp(key: Uint8Array, hash: OtpAlgorithm, digits: number, counter: bigint): string {
    const message = Buffer.from(counter.toString(16).padStart(16, '0'), 'hex');
    const digest = createHmac(hash.toLowerCase(), key).update(message).digest('hex');
    const offset = Number.parseInt(digest.slice(-1), 16);
    const truncated = BigInt(`0x${digest.slice(offset * 2, offset * 2 + 8)}`) & 0x7fffffffn;
    return String(truncated % 10n ** BigInt(digits)).padStart(digits, '0');
  }
  const digits = fc.integer({ min: 4, max: 10 });

  test('on HOTP', () => {
    fc.assert(
      fc.property(secret, algorithm, digits, fc.maxSafeNat(), (key, hash, length, counter) => {
        const code = generateHotp({ secret: key, algorithm: hash, digits: length, counter });
        expect(code).toBe(independentHotp(key, hash, length, BigInt(counter)));
      }),
      { numRuns: 1000 },
    );
  });

  test('on TOTP', () => {
    const period = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(secret, algorithm, digits, period, fc.nat(4e12), (key, hash, length, periodSeconds, atMs) => {
        const { code } = generateTotp({ secret: key, algorithm: hash, digits: length, periodSeconds, atMs });
        const step = BigInt(atMs) / (1000n * BigInt(periodSeconds));
        expect(code).toBe(independentHotp(key, hash, length, step));
      }),
      { numRuns: 1000 },
    );
  });
});

const installed = spawnSync('oathtool', ['--version']).status === 0;

(installed ? describe : describe.skip)('oathtool agrees (skipped where it is not installed)', () => {
  const digits = fc.integer({ min: 6, max: 8 });
  const oathtool = (...options: string[]) => execFileSync('oathtool', options, { encoding: 'utf8' }).trim();
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

  test('on HOTP', () => {
    fc.assert(
      fc.property(secret, digits, fc.maxSafeNat(), (key, length, counter) => {
        const code = generateHotp({ secret: key, algorithm: 'SHA1', digits: length, counter });
        expect(code).toBe(oathtool('--hotp', `--digits=${length}`, `--counter=${counter}`, hex(key)));
      }),
      { numRuns: 50 },
    );
  });

  test('on TOTP', () => {
    const seconds = fc.integer({ min: 0, max: 4e9 });
    const period = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(secret, algorithm, digits, period, seconds, (key, hash, length, periodSeconds, at) => {
        const options = { secret: key, algorithm: hash, digits: length, periodSeconds, atMs: at * 1000 };
        const oathtoolOptions = [`--digits=${length}`, `--time-step-size=${periodSeconds}s`, `--now=@${at}`];
        expect(generateTotp(options).code).toBe(oathtool(`--totp=${hash.toLowerCase()}`, ...oathtoolOptions, hex(key)));
      }),
      { numRuns: 100 },
    );
  });
});
