import type { ForwardingConfirmation } from './parsed-mail.js';

/** What the rules look at. Header names in lower case. */
export interface ForwardingClues {
  fromAddress: string | null;
  subject: string | null;
  text: string | null;
  headers: readonly { name: string; value: string }[];
}

/**
 * Who wrote a mail that a human's mailbox sent on, or null where nobody did. A redirect keeps the From header and leaves a trace; a
 * mail forwarded by hand is a new one, which quotes the old header. What is quoted is anybody's word: good for reading, never for trust.
 */
export function findOriginalSender({ fromAddress, subject, text, headers }: ForwardingClues): string | null {
  if (headers.some(({ name }) => redirectTraces.has(name))) return fromAddress;
  const isForward = forwardPrefix.test(subject ?? '') || forwardLine.test(text?.slice(0, quoteSearchLength) ?? '');
  if (!isForward || text === null) return null;
  for (const line of text.slice(0, quoteSearchLength).split('\n')) {
    const quoted = quotedFrom.exec(line.slice(0, 1_000));
    const address = quoted === null ? null : anAddress.exec(quoted[1] ?? '');
    if (address !== null) return address[0].toLowerCase();
  }
  return null;
}

/** Left by Gmail's filters and forwarding, by `Resent-*` redirects (RFC 5322, section 3.6.6), and by Exchange's inbox rules. */
const redirectTraces = new Set([
  'x-forwarded-for',
  'x-forwarded-to',
  'resent-from',
  'resent-sender',
  'x-ms-exchange-inbox-rules-loop',
  'x-ms-exchange-forwardingloop',
]);

const quoteSearchLength = 20_000;
const forwardPrefix = /^\s*(fwd?|wg|tr|rv|enc|i|vs|doorst|vb|pd|пересл|转发|轉寄)\s*[:：]/iu;
const forwardLine =
  /^\s*(>+ ?)?(-{2,}|_{2,}|\*{2,}) ?\p{L}[\p{L}\p{M} ']{3,40}(-{2,}|_{2,}|\*{2,})\s*$|^Begin forwarded message:\s*$/mu;
/** `From:` of a quoted header, in the words that mailboxes use. */
const quotedFrom =
  /^\s*(?:>+ ?)?\*{0,2}(?:from|von|de|da|van|från|fra|lähettäjä|od|kimden|gönderen|от|від|发件人|寄件者|差出人|보낸 사람|من)\*{0,2}\s*[:：]\s*(.+)$/iu;
const anAddress = /[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/u;

interface Provider {
  provider: string;
  /** Of the sender of such mails. */
  domain: RegExp;
  localPart: RegExp;
  /** What the subject says besides, where the address sends other mail too. */
  subject?: RegExp;
  /** Where its confirmation links lead. */
  linkHost: RegExp;
}

const aboutForwarding =
  /forward|weiterleit|transfer|transf[eé]r|reenv[ií]|reencaminh|encaminh|inoltr|doorstu|vidarebefordr|videresend|przekaz|пересыл|перенаправ|yönlendir|転送|转发|轉寄|전달/iu;

/** Mailboxes that ask the destination first. Gmail sends from an address of its own; the others are known by what they say besides. */
const providers: readonly Provider[] = [
  {
    provider: 'gmail',
    domain: /^google\.com$/,
    localPart: /^forwarding-noreply$/,
    linkHost: /^(mail-settings|mail|isolated\.mail)\.google\.com$/,
  },
  {
    provider: 'outlook',
    domain: /(^|\.)(microsoft|outlook|hotmail|live|office365|office|accountprotection\.microsoft)\.com$/,
    localPart: /./,
    subject: aboutForwarding,
    linkHost: /(^|\.)(live|outlook|microsoft|office|office365)\.com$/,
  },
  {
    provider: 'other',
    domain:
      /(^|\.)(yahoo|ymail|aol|icloud|apple|proton|protonmail|fastmail|zoho|zohomail|yandex|gmx|mail|web)\.(com|me|net|ru|de|eu)$/,
    localPart: /./,
    subject: aboutForwarding,
    linkHost: /./,
  },
];

/**
 * Recognises the mail by which a mailbox asks to confirm that it may forward here, and finds its code and link. Whoever forges one
 * gains nothing: it is shown to the workspace, and no code of it is handed out.
 */
export function findForwardingConfirmation({
  fromAddress,
  subject,
  text,
}: ForwardingClues): ForwardingConfirmation | null {
  const [localPart = '', domain = ''] = fromAddress?.split('@') ?? [];
  const match = providers.find(
    (provider) =>
      provider.domain.test(domain) &&
      provider.localPart.test(localPart) &&
      (provider.subject === undefined ||
        (provider.subject.test(subject ?? '') && asksToConfirm.test(`${subject}\n${text}`))),
  );
  if (match === undefined) return null;
  const body = text?.slice(0, quoteSearchLength) ?? '';
  const code = /#\s?([0-9]{6,12})/.exec(subject ?? '')?.[1] ?? confirmationCode.exec(body)?.[1] ?? null;
  return { provider: match.provider, code, link: findLink(body, match.linkHost) };
}

const asksToConfirm =
  /confirm|verif|best[aä]tig|conferm|vérifi|bevestig|bekr[aäæ]ft|potwierd|подтверд|doğrula|onayla|確認|验证|驗證|확인/iu;
const confirmationCode = /(?:code|kode|código|codice|kod|код|コード|代码|代碼|코드)[^0-9\n]{0,40}([0-9]{6,12})/iu;

/** The first link to the provider; that to cancel comes after it, and so do help and terms. */
function findLink(body: string, host: RegExp): string | null {
  for (const [text] of body.matchAll(/https:\/\/[^\s<>"')\]]{4,2000}/g)) {
    if (URL.canParse(text) && host.test(new URL(text).hostname)) return text;
  }
  return null;
}
