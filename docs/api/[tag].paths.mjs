import { pageOfTag, referencePage, tags } from '../.vitepress/api-reference.mjs';

export default {
  paths: () => tags().map((tag) => ({ params: { tag: pageOfTag(tag) }, content: referencePage(tag) })),
};
