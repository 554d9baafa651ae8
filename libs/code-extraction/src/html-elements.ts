/* HTML elements by what they do to the text around them (HTML Living Standard, section 15 "Rendering"). */

export const blocks = new Set(
  'address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr html li main nav ol p pre section summary table tbody tfoot thead tr ul title caption option select button'.split(
    ' ',
  ),
);
export const cells = new Set(['td', 'th']);
export const emptyElements = new Set('area base br col embed hr img input link meta source track wbr'.split(' '));
export const emphasising = new Set(['b', 'strong', 'h1', 'h2', 'h3', 'code', 'kbd', 'big', 'mark', 'tt', 'samp']);
/** Crossed out is not hidden, but no person would type it. */
export const crossedOut = new Set(['del', 's', 'strike']);
export const invisible = new Set([
  'head',
  'template',
  'object',
  'audio',
  'video',
  'canvas',
  'iframe',
  'datalist',
  'map',
]);
