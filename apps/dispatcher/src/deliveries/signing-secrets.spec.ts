import { afterEach, describe, expect, it } from '@jest/globals';
import { AppError } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';
import type { RpcClient } from '@otpost/messaging';
import { generateWebhookSecret, SigningSecret } from '@otpost/webhook-signing';
import { SigningSecrets, type OpenSecrets, type SealedSecrets } from './signing-secrets.js';

const minutes = 60_000;

describe('SigningSecrets', () => {
  let cache: SigningSecrets | undefined;
  let nowMs = 0;
  let asked = 0;
  /** Secrets by what they are sealed as. */
  const vault = new Map<string, Secret>();

  afterEach(() => cache?.onApplicationShutdown());

  function make(answer?: () => Promise<never>): SigningSecrets {
    asked = 0;
    nowMs = 0;
    const call = (_: unknown, { secret, previous_secret }: Record<'secret' | 'previous_secret', Uint8Array | null>) => {
      asked += 1;
      const open = (sealed: Uint8Array | null) =>
        sealed === null ? null : (vault.get(Buffer.from(sealed).toString()) ?? null);
      return (
        answer?.() ??
        Promise.resolve({ secret: open(secret), previous_secret: open(previous_secret), once_secret: null })
      );
    };
    cache = new SigningSecrets({ call } as unknown as RpcClient, () => nowMs);
    return cache;
  }

  function seal(name: string): Uint8Array<ArrayBuffer> {
    vault.set(name, vault.get(name) ?? generateWebhookSecret());
    return Uint8Array.from(Buffer.from(name));
  }

  function endpoint(
    id: string,
    secret = `${id} 1`,
    previous: { name: string; untilMs: number } | null = null,
  ): SealedSecrets {
    return {
      id,
      workspaceId: 'w',
      secret: seal(secret),
      previousSecret: previous === null ? null : seal(previous.name),
      previousSecretUntil: previous === null ? null : new Date(previous.untilMs),
    };
  }

  const sign = (secrets: OpenSecrets) => secrets.map((secret) => secret.hmacSignature('x'));
  const expected = (...names: string[]) =>
    names.map((name) => SigningSecret.parse(vault.get(name) as Secret).hmacSignature('x'));

  it('asks the vault once in five minutes, also when many ask at once', async () => {
    const secrets = make();
    const all = await Promise.all(Array.from({ length: 20 }, () => secrets.use(endpoint('a'), sign)));
    expect(new Set(all.flat())).toEqual(new Set(expected('a 1')));
    expect(asked).toBe(1);
    nowMs = 5 * minutes - 1;
    await secrets.use(endpoint('a'), sign);
    expect(asked).toBe(1);
    nowMs = 5 * minutes;
    await secrets.use(endpoint('a'), sign);
    expect(asked).toBe(2);
  });

  it('uses a rotated secret at once, and the one before until its time is over', async () => {
    const secrets = make();
    await secrets.use(endpoint('b'), sign);
    const rotated = endpoint('b', 'b 2', { name: 'b 1', untilMs: minutes });
    expect(await secrets.use(rotated, sign)).toEqual(expected('b 2', 'b 1'));
    nowMs = minutes;
    expect(await secrets.use(rotated, sign)).toEqual(expected('b 2'));
  });

  it('overwrites what it no longer keeps', async () => {
    const secrets = make();
    let leaked: SigningSecret | undefined;
    await secrets.use(endpoint('c'), ([secret]) => (leaked = secret));
    expect(leaked?.hmacSignature('x')).toBe(expected('c 1')[0]);
    nowMs = 5 * minutes;
    await secrets.use(endpoint('c'), () => undefined);
    expect(leaked?.hmacSignature('x')).not.toBe(expected('c 1')[0]);
  });

  it('keeps a thousand at most', async () => {
    const secrets = make();
    for (let n = 0; n < 1_001; n += 1) await secrets.use(endpoint(`d${n}`, 'd'), () => undefined);
    expect(asked).toBe(1_001);
    await secrets.use(endpoint('d1000', 'd'), () => undefined);
    expect(asked).toBe(1_001);
    await secrets.use(endpoint('d0', 'd'), () => undefined);
    expect(asked).toBe(1_002);
  });

  it('says so when the vault cannot be asked, and asks again next time', async () => {
    const secrets = make(() => Promise.reject(new AppError('unavailable', 'away')));
    await expect(secrets.use(endpoint('e'), sign)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(secrets.use(endpoint('e'), sign)).rejects.toMatchObject({ code: 'unavailable' });
    expect(asked).toBe(2);
  });
});
