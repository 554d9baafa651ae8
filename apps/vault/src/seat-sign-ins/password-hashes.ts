import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '@otpost/contracts';
import { Secret } from '@otpost/envelope';

/** argon2id (RFC 9106) with 19 MiB, 2 passes, 1 lane: what OWASP asks for at least. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** Each takes a thread of the pool that all cryptography of the process shares, for some 30 ms. */
const mostAtOnce = 2;
const mostWaiting = 32;

/** Hashes of passwords: few at a time, so that whoever tries many holds nobody up who wants a code. */
@Injectable()
export class PasswordHashes {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** Compared with where there is no such seat, so that this takes as long. */
  readonly #nobodys = this.hash(new Secret(randomBytes(16).toString('hex')));

  /**
   * @returns the hash in PHC form, with its salt and parameters
   * @throws AppError `overloaded`
   */
  async hash(password: Secret): Promise<string> {
    return this.#inTurn(() => hash(bytesOf(password), cost));
  }

  /**
   * Whether it is the password of the hash; null: of nobody, which takes as long.
   * @throws AppError `overloaded`
   */
  async matches(hashed: string | null, password: Secret): Promise<boolean> {
    const against = hashed ?? (await this.#nobodys);
    const isRight = await this.#inTurn(() => verify(against, bytesOf(password)));
    return isRight && hashed !== null;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= mostAtOnce) {
      if (this.#waiting.length >= mostWaiting)
        throw new AppError('overloaded', 'too many are signing in, try again', { retryAfterSeconds: 2 });
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#running += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

/** However it was typed in: letters with accents have two spellings in Unicode. */
function bytesOf(password: Secret): Buffer {
  return Buffer.from(password.reveal().normalize('NFKC'));
}
