import { bit } from './vocabulary.js';
import type { Evidence } from './weights.js';
import type { Topic } from './topic.js';

/**
 * What the message is about, weighed less where a one-time code is named right beside the number, or where its
 * sentence tells to sign in with it and another one speaks of the parcel.
 *
 * @param sentence the meanings of the words in the number's sentence
 */
export function weighTopic(topic: Topic, sentence: number, evidence: Evidence): void {
  evidence.topicCode = Math.min(1, topic.otp);
  evidence.topicPurpose = Math.min(topic.auth, 3) / 3;
  evidence.topicSecret = Math.min(1, topic.secret);
  evidence.topicUnasked = Math.min(1, topic.unasked);
  evidence.topicValidity = Math.min(1, topic.valid);
  // Where a one-time code is named right here, what else the message mentions matters little.
  const named = Math.max(evidence.codeWordBefore ?? 0, evidence.codeWordBehind ?? 0, evidence.codeWordAbove ?? 0);
  // Nobody warns not to share a voucher.
  const warned = topic.secret > 0 ? 0.6 : 1;
  if (evidence.otherNounBehind !== undefined && topic.secret > 0) evidence.otherNounBehind *= 0.3;
  const openness = (1 - 0.65 * named) * warned;
  // A booking, an invoice or a notice has no code to type: there, "code" alone is nearly as good.
  const noun = Math.max(evidence.codeNounBefore ?? 0, evidence.codeNounBehind ?? 0, evidence.codeNounAbove ?? 0);
  const matter = (1 - Math.max(0.65 * named, 0.35 * noun)) * warned;
  const isOfAccess = (sentence & (bit.otp | bit.auth | bit.enter)) !== 0;
  const apart = (concept: 'promo' | 'venue' | 'parcel' | 'event' | 'bill' | 'notice'): number =>
    share(topic[concept]) * (isOfAccess && (sentence & others) === 0 ? 0.5 : 1);
  evidence.topicPromotion = apart('promo') * openness;
  evidence.topicVenue = apart('venue') * (1 - 0.4 * named) * warned;
  evidence.topicMeeting = share(topic.meeting) * (1 - 0.3 * named);
  evidence.topicParcel = apart('parcel') * openness;
  evidence.topicEvent = apart('event') * matter;
  evidence.topicBill = apart('bill') * matter;
  // "Your code has expired. The new one is 4471."
  evidence.topicNotice = (sentence & bit.fresh) === 0 ? apart('notice') * matter : 0;
  const otherTopics = topic.promo + topic.venue + topic.meeting + topic.parcel + topic.event;
  if (otherTopics + topic.bill === 0) evidence.noOtherTopic = 1;
  if (topic.notice > 0 && topic.enter + topic.otp + topic.code + topic.secret === 0) evidence.noticeAlone = 1;
  if (topic.meeting >= 2 && topic.auth <= 1 && topic.secret + topic.valid === 0) evidence.meetingInvitation = 1;
  if (otherTopics > 0 && topic.otp + topic.auth + topic.secret === 0) evidence.noAccessAtAll = 1;
  const care = topic.secret + topic.unasked + topic.valid;
  // A bank that names an amount, a card and a code asks to approve a payment.
  const payment = noun + named > 0 ? topic.pay + Math.min(topic.bill, topic.card) : 0;
  if (care + topic.otp + topic.auth + topic.enter + payment === 0) evidence.nothingOfAccess = 1;
  if (care + topic.pay === 0 && topic.card > 0 && (topic.bill + topic.event >= 2 || topic.promo > 0))
    evidence.receipt = 1;
  // "Code 4471 for the courier": a bare "code" is that of whatever else the message is about.
  if (otherTopics > 0 && care === 0) evidence.nounAmongOthers = noun * (1 - named) * (topic.auth > 0 ? 0.4 : 1);
}

const others = bit.promo | bit.venue | bit.meeting | bit.parcel | bit.event | bit.bill | bit.notice;

/** One word may be chance, three are what the message is about. */
function share(count: number): number {
  return [0, 0.6, 0.85, 1][Math.min(count, 3)] ?? 1;
}
