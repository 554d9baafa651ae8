/** Below /console: where seats sign in, with the id of their workspace behind it. */
export const signInPath = '/sign-in';
