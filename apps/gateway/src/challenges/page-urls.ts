import { ChallengePages, challengePageUrl } from '@otpost/contracts';
import type { ServiceConfig } from '@otpost/platform';

/** Links to the hosted pages of challenges, and what links lead to. */
export class PageUrls {
  readonly #pages: ChallengePages;
  readonly #publicUrl: string;

  constructor(
    config: Pick<
      ServiceConfig<'gateway'>,
      'OTPOST_TRANSPORT_KEY' | 'OTPOST_PUBLIC_URL' | 'OTPOST_BIND' | 'OTPOST_SERVICE_PORT'
    >,
  ) {
    this.#pages = new ChallengePages(config.OTPOST_TRANSPORT_KEY);
    this.#publicUrl = config.OTPOST_PUBLIC_URL ?? `http://${hostOf(config.OTPOST_BIND)}:${config.OTPOST_SERVICE_PORT}`;
  }

  of(challengeId: string): string {
    return challengePageUrl(this.#pages, this.#publicUrl, challengeId);
  }

  /** A page of the console. @param path below /console */
  ofConsole(path: string): string {
    return `${this.#publicUrl.replace(/\/$/, '')}/console${path}`;
  }

  /** The challenge of a page; undefined for a name that was never given out. */
  challengeOf(pageName: string): string | undefined {
    return this.#pages.challengeOf(pageName);
  }
}

function hostOf(bind: string): string {
  if (bind === '0.0.0.0' || bind === '::') return '127.0.0.1';
  return bind.includes(':') ? `[${bind}]` : bind;
}
