import Sequencer from '@jest/test-sequencer';

/** What would keep one worker busy when all others are done. */
const long = ['exclusive.spec.ts', 'challenge-faults.spec.ts', 'faults.spec.ts'];

/** A clean clone remembers no times to sort by. */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const at = long.findIndex((name) => path.endsWith(`/${name}`));
      return at === -1 ? long.length : at;
    };
    return super.sort(tests).sort((one, other) => place(one) - place(other));
  }
}
