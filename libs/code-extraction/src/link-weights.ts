/** How much each piece of evidence for a link counts, in log-odds, as in weights.ts. */
export const linkWeights = {
  base: -3.2,

  // The address.
  accessWordInPath: 1.6,
  token: 1.3,
  noToken: -1.9,
  noPath: -2.5,
  otherWordInPath: -2.2,
  otherHost: -4,
  file: -5,
  domainFits: 0.8,

  // The words it is shown as.
  shownPurpose: 2.4,
  shownPassword: 0.8,
  shownClick: 0.4,
  shownOther: -3.2,
  shownUnasked: -5,
  shownBusiness: -2,
  imageOnly: -2,

  // The words that lead to it.
  introducedPurpose: 2.4,
  introducedClick: 0.7,
  introducedUnasked: -5.4,
  introducedOther: -2.2,

  // The message.
  subjectPurpose: 1.5,
  onlyPersonal: 0.6,
  topicPurpose: 1,
  topicUnasked: 0.4,
  topicValidity: 0.5,
  topicPromotion: -2.4,
  topicMeeting: -2.4,
  topicParcel: -5,
  topicEvent: -3.4,
  topicBill: -3.2,
  topicVenue: -1.2,
  topicNotice: -1.8,
  inThread: -2.5,
  quoted: -3,
  faint: -0.6,
} as const;

export type LinkFeatureName = Exclude<keyof typeof linkWeights, 'base'>;
