import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type KeyContext, type KeyEncryption, rewrapKey } from '../key-encryption.js';

/** One implementation of the port, with what the suite needs to try it. */
export interface KeyEncryptionSubject {
  keyEncryption: KeyEncryption;
  /** Makes another KEK the active one, as an operator would, while `keyEncryption` runs. */
  rotate: () => void | Promise<void>;
  /** A well-formed id of a KEK that does not exist there. */
  unknownKekId: string;
  close?: () => void | Promise<void>;
}

const context: KeyContext = {
  workspaceId: '01890a5d-0000-7000-8000-000000000001',
  keyId: '01890a5d-ac96-774b-bcce-b302099a8057',
  purpose: 'data-key',
};
const key = Uint8Array.from({ length: 32 }, (_, index) => index);

/** What every implementation of {@link KeyEncryption} must do. */
export function testKeyEncryption(
  name: string,
  start: () => KeyEncryptionSubject | Promise<KeyEncryptionSubject>,
): void {
  describe(`${name} as KeyEncryption`, () => {
    let subject: KeyEncryptionSubject;
    let keyEncryption: KeyEncryption;

    beforeAll(async () => {
      subject = await start();
      keyEncryption = subject.keyEncryption;
    });
    afterAll(() => subject.close?.());

    it('gives back the key it wrapped, under the active KEK', async () => {
      const wrapped = await keyEncryption.wrap(key, context);
      expect(wrapped.kekId).toBe(await keyEncryption.activeKekId());
      expect([...(await keyEncryption.unwrap(wrapped, context))]).toEqual([...key]);
    });

    it('names its provider in the id of the KEK', async () => {
      expect(await keyEncryption.activeKekId()).toMatch(/^[a-z][a-z0-9-]*:./);
    });

    it('wraps keys of other lengths, and keys of the whole deployment', async () => {
      const forAll: KeyContext = { ...context, workspaceId: null, purpose: 'vault-key-pair' };
      for (const length of [1, 138, 4096]) {
        const long = new Uint8Array(length).fill(length % 251);
        expect([...(await keyEncryption.unwrap(await keyEncryption.wrap(long, forAll), forAll))]).toEqual([...long]);
      }
    });

    it('leaves the key it wraps as it was, and hands out memory that the caller may zero', async () => {
      const mine = key.slice();
      const wrapped = await keyEncryption.wrap(mine, context);
      (await keyEncryption.unwrap(wrapped, context)).fill(0);
      expect([...mine]).toEqual([...key]);
      expect([...(await keyEncryption.unwrap(wrapped, context))]).toEqual([...key]);
    });

    it('hides the key, and hides it differently each time', async () => {
      const [one, two] = [await keyEncryption.wrap(key, context), await keyEncryption.wrap(key, context)];
      expect(Buffer.from(one.wrapped).includes(Buffer.from(key))).toBe(false);
      expect(Buffer.from(one.wrapped).equals(two.wrapped)).toBe(false);
    });

    it('refuses another workspace, key id or purpose', async () => {
      const wrapped = await keyEncryption.wrap(key, context);
      const others: KeyContext[] = [
        { ...context, workspaceId: '01890a5d-0000-7000-8000-00000000000f' },
        { ...context, workspaceId: null },
        { ...context, keyId: '01890a5d-ac96-774b-bcce-b302099a8058' },
        { ...context, purpose: 'vault-key-pair' },
      ];
      for (const other of others) await expectRefusal(keyEncryption.unwrap(wrapped, other), 'not_authentic');
    });

    it('refuses a flipped bit, in any byte', async () => {
      const { kekId, wrapped } = await keyEncryption.wrap(key, context);
      for (const index of wrapped.keys()) {
        const flipped = wrapped.map((byte, at) => (at === index ? byte ^ 0x10 : byte));
        await expectRefusal(keyEncryption.unwrap({ kekId, wrapped: flipped }, context));
      }
    });

    it('refuses what was cut short, at any length', async () => {
      const { kekId, wrapped } = await keyEncryption.wrap(key, context);
      for (const length of wrapped.keys())
        await expectRefusal(keyEncryption.unwrap({ kekId, wrapped: wrapped.slice(0, length) }, context));
    });

    it('refuses a KEK it does not have', async () => {
      const { wrapped } = await keyEncryption.wrap(key, context);
      await expectRefusal(keyEncryption.unwrap({ kekId: subject.unknownKekId, wrapped }, context), 'unknown_kek');
    });

    it('keeps many concurrent calls apart', async () => {
      const keys = Array.from({ length: 50 }, (_, index) => new Uint8Array(32).fill(index));
      const contexts = keys.map((_, index) => ({ ...context, keyId: context.keyId.slice(0, -2) + String(10 + index) }));
      const wrapped = await Promise.all(
        keys.map((each, index) => keyEncryption.wrap(each, contexts[index] ?? context)),
      );
      const unwrapped = await Promise.all(
        wrapped.map((each, index) => keyEncryption.unwrap(each, contexts[index] ?? context)),
      );
      expect(unwrapped.map((each) => [...each])).toEqual(keys.map((each) => [...each]));
    });

    it('after a rotation wraps under the new KEK, still unwraps the old, and does not take one for the other', async () => {
      const old = await keyEncryption.wrap(key, context);
      await subject.rotate();
      const rewrapped = await rewrapKey(keyEncryption, keyEncryption, old, context);
      expect(rewrapped.kekId).not.toBe(old.kekId);
      expect(rewrapped.kekId).toBe(await keyEncryption.activeKekId());
      expect([...(await keyEncryption.unwrap(rewrapped, context))]).toEqual([...key]);
      expect([...(await keyEncryption.unwrap(old, context))]).toEqual([...key]);
      await expectRefusal(keyEncryption.unwrap({ ...old, kekId: rewrapped.kekId }, context));
    });
  });
}

/** Refused, by an error of this library's own: a raw error of a KMS client might quote its request. */
async function expectRefusal(attempt: Promise<unknown>, code: unknown = expect.any(String)): Promise<void> {
  await expect(attempt).rejects.toMatchObject({ name: 'EnvelopeError', code });
}
