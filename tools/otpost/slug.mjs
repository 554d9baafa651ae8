// @ts-check

/**
 * The anchor of a heading as forges make it, so that a link to one holds there and on the site.
 * @param {string} heading its text, without marks of Markdown
 */
export function slug(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, '')
    .replaceAll(' ', '-');
}
