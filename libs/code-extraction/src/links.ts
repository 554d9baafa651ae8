import { belongsTo, replySubject } from './score.js';
import { bit } from './vocabulary.js';
import { linkWeights, type LinkFeatureName } from './link-weights.js';
import type { Expectation, LinkMention } from './message.js';
import type { Passage } from './passage.js';
import type { Topic } from './topic.js';

/** One link of the message with what speaks for it. */
export type ScoredLink = {
  readonly url: string;
  /** Log-odds that it signs in, confirms or resets. */
  readonly score: number;
  readonly reason: string;
  readonly roles: ReadonlySet<string>;
};

/** Scores every link of the message, best first, one entry per address. */
export function scoreLinks(passages: readonly Passage[], topic: Topic, expectation: Expectation): ScoredLink[] {
  const best = new Map<string, ScoredLink>();
  const subject = passages.find((passage) => passage.role === 'subject');
  const isReply = subject !== undefined && replySubject.test(subject.text);
  const aboutAccess = subject !== undefined && subject.terms.some((term) => (term.meanings & bit.auth) !== 0);
  const read = passages.flatMap((passage) =>
    passage.links.slice(0, mostLinks).map((link) => ({
      url: link.url,
      role: passage.role,
      evidence: evidenceFor(passage, link, topic, expectation),
    })),
  );
  const personal = new Set(read.filter(({ evidence }) => isPersonal(evidence)).map(({ url }) => url));
  for (const { url, role, evidence } of read) {
    if (isReply) evidence.inThread = 1;
    if (aboutAccess) evidence.subjectPurpose = 1;
    if (personal.size === 1 && personal.has(url)) evidence.onlyPersonal = 1;
    const { score, reason } = weigh(evidence);
    const previous = best.get(url);
    const roles = new Set<string>(previous?.roles).add(role);
    const isBetter = previous === undefined || score > previous.score;
    best.set(url, isBetter ? { url, score, reason, roles } : { ...previous, roles });
  }
  return [...best.values()].sort((one, other) => other.score - one.score);
}

/** Made for one reader, and not shown as help, settings or anything of the kind. */
function isPersonal(evidence: LinkEvidence): boolean {
  const isOther = evidence.shownOther ?? evidence.otherWordInPath ?? evidence.otherHost ?? evidence.shownUnasked;
  return evidence.token === 1 && isOther === undefined;
}

const mostLinks = 200;

type LinkEvidence = Partial<Record<LinkFeatureName, number>>;

function evidenceFor(passage: Passage, link: LinkMention, topic: Topic, expectation: Expectation): LinkEvidence {
  const evidence: LinkEvidence = {};
  readAddress(link.url, expectation, evidence);
  const shown = link.end > link.start + 1 ? meaningsIn(passage, link.start, link.end) : 0;
  const hasWords = shown !== 0 || /\p{L}/u.test(passage.text.slice(link.start, link.end));
  if ((shown & bit.auth) !== 0) evidence.shownPurpose = 1;
  if ((shown & (bit.code | bit.auth)) === bit.code) evidence.shownPassword = 1;
  if ((shown & bit.click) !== 0) evidence.shownClick = 1;
  if ((shown & bit.otherLink) !== 0) evidence.shownOther = (shown & bit.auth) !== 0 ? 0.4 : 1;
  if ((shown & bit.unasked) !== 0) evidence.shownUnasked = 1;
  if ((shown & (bit.promo | bit.bill | bit.parcel | bit.meeting | bit.venue)) !== 0)
    evidence.shownBusiness = (shown & bit.auth) !== 0 ? 0.5 : 1;
  const around = introduction(passage, link) | (hasWords ? 0 : conclusion(passage, link));
  if ((around & bit.auth) !== 0) evidence.introducedPurpose = hasWords ? 0.4 : 1;
  if ((around & bit.click) !== 0) evidence.introducedClick = 1;
  if ((around & bit.unasked) !== 0) evidence.introducedUnasked = 1;
  if ((around & bit.otherLink) !== 0 && !hasWords) evidence.introducedOther = (around & bit.auth) === 0 ? 1 : 0.8;
  if (link.hasImageOnly && !hasWords) evidence.imageOnly = 1;
  if (passage.isWithin('quoted', link.start, link.end)) evidence.quoted = 1;
  if (passage.isWithin('faint', link.start, link.end)) evidence.faint = 1;
  addTopic(topic, evidence);
  return evidence;
}

/** The words that lead to a link: from the end of the sentence, line or link before it. */
function introduction(passage: Passage, link: LinkMention): number {
  const { text } = passage;
  let from = link.start;
  let lines = 0;
  let hasLetters = false;
  while (from > 0 && link.start - from < 240) {
    const unit = text.charCodeAt(from - 1);
    if (unit === 0xfffc && isLink(passage, from - 1)) break;
    if (unit === 0x0a) {
      // A link on a line of its own is introduced by the line above.
      if (hasLetters || ++lines > 2) break;
    } else if (
      hasLetters &&
      (unit === 0x3f || unit === 0x21 || unit === 0x3002 || (unit === 0x2e && text.charCodeAt(from) === 0x20))
    ) {
      break;
    } else if (unit !== 0x20 && unit !== 0x09 && /\p{L}/u.test(text.charAt(from - 1))) {
      hasLetters = true;
    }
    from--;
  }
  // A question before it belongs to it: "Not you? Reset your password: https://..."
  const question = text.lastIndexOf('?', from);
  const asked =
    question >= 0 && from - question <= 3
      ? meaningsIn(passage, Math.max(text.lastIndexOf('\n', question) + 1, question - 60), question) & bit.unasked
      : 0;
  return meaningsIn(passage, from, link.start) | asked;
}

/** A mark may stand for a mail address as well, which ends no sentence. */
function isLink(passage: Passage, position: number): boolean {
  return passage.links.some(({ start, end }) => start <= position && position <= end);
}

/** The words behind a bare link, to the end of its sentence: "open https://... to log in". */
function conclusion(passage: Passage, link: LinkMention): number {
  const { text } = passage;
  let to = link.start + 1;
  // "https://... If it was not you": a sentence of its own, though no full stop could be set.
  if (/^ \p{Lu}\p{Ll}/u.test(text.slice(to, to + 3))) return 0;
  while (to < text.length && to - link.start < 90 && !/[.!?\n\ufffc。]/.test(text.charAt(to))) to++;
  return meaningsIn(passage, link.start, to);
}

function meaningsIn(passage: Passage, start: number, end: number): number {
  let meanings = 0;
  for (const term of passage.termsIn(start, end)) meanings |= term.meanings;
  return meanings;
}

const accessWords =
  /(?:^|[^a-z])(?:magic|pw|pwd|log-?in|sign-?in|sign-?on|sso|auth|oauth|authenticate|authorize|verify|verification|verifier|verificar|verifica|verifizieren|confirm|confirmation|confirmar|confirmer|conferma|bestaetigen|bestaetigung|bekraefta|bevestig|activate|activation|activar|activer|aktivieren|attiva|ativar|reset|pwreset|passwd|password|passwort|recover|recovery|restore|unlock|token|otp|otl|onetime|one-time|passwordless|validate|valider|optin|opt-in|double-opt|doi|device|approve|register|signup|welcome|set-password|setpassword|session|access|enter|ott|jwt|mlink|ml|email-link|action|oobcode|invitation-token|authlink|quick)(?=$|[^a-z])|(?:verifyemail|confirmemail|emailconfirm|emailverify|resetpassword|passwordreset|forgotpassword|magiclink|loginlink|login_token|signin_token|confirm_email|verify_email|confirmationtoken|activatie)/i;

const otherWords =
  /(?:^|[^a-z])(?:unsub\w{0,9}|opt-?out|preferences?|prefs|settings|notifications?|help|support|hc|faq|privacy|terms|tos|legal|policy|policies|report|abuse|phish\w{0,4}|contact|about|blog|news|careers|imprint|impressum|agb|datenschutz|terminos|privacidad|baja|desinscri\w{0,6}|desabon\w{0,6}|abmelden|invoice|invoices|receipt|orders?|tracking|parcel|shipment|delivery|calendar|ics|event|events|meet|meeting|webinar|survey|feedback|review|reviews|rate|offers?|sale|shop|store|cart|checkout|pay|payment|billing|download|app-store|apps|browser|view-?online|webversion|share|refer|deny|decline|cancel|revoke|not-?me|notme|wasnt-?me|secure-account|lock|block|undo|dispute|statement|docs|guide)(?=$|[^a-z])/i;

const otherHosts =
  /(?:^|\.)(?:facebook\.com|fb\.com|twitter\.com|x\.com|instagram\.com|linkedin\.com|youtube\.com|youtu\.be|tiktok\.com|pinterest\.com|apps\.apple\.com|itunes\.apple\.com|play\.google\.com|wa\.me|zoom\.us|meet\.google\.com|teams\.microsoft\.com|maps\.google\.com|goo\.gl|calendar\.google\.com|help\.[a-z0-9.-]+|support\.[a-z0-9.-]+)$/i;

/** What the address itself says: its words, whether it carries a token, whether it is a page anybody may open. */
function readAddress(url: string, expectation: Expectation, evidence: LinkEvidence): void {
  const bare = url.slice(0, 2048).replace(/^https?:\/\//i, '');
  const pathAt = bare.search(/[/?#]/);
  const host = (pathAt < 0 ? bare : bare.slice(0, pathAt)).replace(/:\d+$/, '');
  const path = pathAt < 0 ? '' : bare.slice(pathAt);
  if (accessWords.test(path) || /^(?:login|auth|accounts?|id|sso|verify|signin)\./i.test(host))
    evidence.accessWordInPath = 1;
  if (otherWords.test(path) || /\/[A-Z]{2,10}-\d{1,6}(?:$|[/?#])/.test(path)) evidence.otherWordInPath = 1;
  if (otherHosts.test(host)) evidence.otherHost = 1;
  if (/\.(?:png|jpe?g|gif|svg|webp|pdf|ics|css|js)(?:$|\?)/i.test(path)) evidence.file = 1;
  if (path.length <= 1) evidence.noPath = 1;
  else if (!carriesToken(path)) evidence.noToken = 1;
  else evidence.token = 1;
  if (expectation.domain !== undefined && belongsTo(host, expectation.domain)) evidence.domainFits = 1;
}

/** Whether some part of the path or query looks made for one person: digits among letters, mixed case, great length. */
function carriesToken(path: string): boolean {
  if (/[?&](?:t|k|key|token|otp|code|hash|sig)=[^&]{4}/i.test(path)) return true;
  return path.split(/[/?&=#.]/, 60).some((part) => {
    const plain = part.replace(/%[0-9A-F]{2}/gi, '');
    if (plain.length < 3) return false;
    const hasDigit = /\d/.test(plain);
    const hasLetter = /[A-Za-z]/.test(plain);
    if (/\d/.test(plain) && /[a-z]/.test(plain) && /[A-Z]/.test(plain)) return true;
    if (hasDigit && hasLetter && plain.length >= 3 && !/^v\d+$|^[a-z]{2}-?[A-Z]{2}$/.test(plain)) return true;
    if (/[a-z][A-Z]|[A-Z][a-z].*[A-Z]/.test(plain) && plain.length >= 5) return true;
    return plain.length >= 20 || (hasDigit && plain.length >= 5);
  });
}

function addTopic(topic: Topic, evidence: LinkEvidence): void {
  const present = (count: number): number => Math.min(count, 2) / 2;
  evidence.topicPurpose = Math.min(topic.auth, 3) / 3;
  evidence.topicUnasked = Math.min(1, topic.unasked);
  evidence.topicValidity = Math.min(1, topic.valid);
  evidence.topicPromotion = present(topic.promo);
  evidence.topicMeeting = present(topic.meeting);
  evidence.topicParcel = present(topic.parcel);
  evidence.topicEvent = present(topic.event);
  evidence.topicBill = present(topic.bill);
  evidence.topicVenue = present(topic.venue);
  evidence.topicNotice = present(topic.notice);
}

function weigh(evidence: LinkEvidence): { score: number; reason: string } {
  let score: number = linkWeights.base;
  let strongest: { name: string; effect: number } | undefined;
  for (const [name, amount] of Object.entries(evidence) as [LinkFeatureName, number][]) {
    const effect = linkWeights[name] * amount;
    score += effect;
    if (strongest === undefined || Math.abs(effect) > Math.abs(strongest.effect)) strongest = { name, effect };
  }
  const reason = (strongest?.name ?? 'noEvidence').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { score, reason: `link-${reason}` };
}
