const elements = new Set(
  (
    'a abbr address article b bdi bdo blockquote br caption center cite code col colgroup dd del details div dl dt em figcaption figure ' +
    'font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s samp section small span strike strong sub summary ' +
    'sup table tbody td tfoot th thead time tr tt u ul'
  ).split(' '),
);
const attributes = new Set(
  'align alt bgcolor border cellpadding cellspacing color colspan dir height lang rowspan size style valign width'.split(
    ' ',
  ),
);
/** These go with all that is in them; of others that are not known only the content stays. */
const goWhole = new Set([
  'script',
  'style',
  'template',
  'title',
  'head',
  'iframe',
  'object',
  'embed',
  'svg',
  'math',
  'noscript',
]);

/**
 * The same to look at, as far as it needs nothing from elsewhere; nothing in it can act, load or lead anywhere.
 * @param view the frame's window: in its documents, its policy counts, which unlike ours lets styles be written down
 */
export function harmless(html: string, view: Window & typeof globalThis): DocumentFragment {
  const fragment = view.document.createDocumentFragment();
  // A document of this kind runs nothing and loads nothing.
  copyChildren(new view.DOMParser().parseFromString(html, 'text/html').body, fragment);
  return fragment;
}

function copyChildren(from: Node, to: Node): void {
  for (const child of from.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) addText(to, child.textContent ?? '');
    else if (child.nodeType === Node.ELEMENT_NODE) copyElement(child as HTMLElement, to);
  }
}

function copyElement(element: HTMLElement, to: Node): void {
  const name = element.localName;
  if (goWhole.has(name)) return;
  if (!elements.has(name)) return copyChildren(element, to);
  if (name === 'img') return addText(to, element.getAttribute('alt') ?? '');
  const copy = ownerOf(to).createElement(name);
  for (const { name: attribute, value } of element.attributes) {
    if (attributes.has(attribute) && !(attribute === 'style' && leadsElsewhere(value)))
      copy.setAttribute(attribute, value);
  }
  if (name === 'a') copy.title = element.getAttribute('href') ?? '';
  copyChildren(element, copy);
  to.appendChild(copy);
}

function addText(to: Node, text: string): void {
  to.appendChild(ownerOf(to).createTextNode(text));
}

function ownerOf(node: Node): Document {
  if (node.ownerDocument === null) throw new TypeError('a document is no place for content');
  return node.ownerDocument;
}

function leadsElsewhere(style: string): boolean {
  return /url|image|expression|\\|@/i.test(style);
}
