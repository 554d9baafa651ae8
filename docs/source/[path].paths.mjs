import { linkedSources, pageOf, sourcePage } from '../.vitepress/repository-links.mjs';

export default {
  paths: () =>
    linkedSources().map((path) => ({
      params: { path: pageOf(path).replace(/^source\/|\.md$/g, '') },
      content: sourcePage(path),
    })),
};
