export { extract } from './extract.js';
export { hintPatternProblem } from './hint.js';
export type { Candidate, CodeHint, Expectation, Extraction, Message } from './message.js';
