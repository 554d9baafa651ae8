/** Present time, epoch milliseconds. Injected, so that a test can move it. */
export type Clock = () => number;
export const clock = Symbol('Clock');
