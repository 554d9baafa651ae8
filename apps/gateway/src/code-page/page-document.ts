/** A whole page. `body` and `footer` are HTML: what comes from outside is escaped in them. */
export function pageDocument(title: string, body: string, footer: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/code/page.css">
<script src="/code/page.js" defer></script>
</head>
<body>
<main>
${body}
</main>
<footer>${footer}</footer>
</body>
</html>
`;
}

export interface Card {
  title: string;
  text: string;
  mark: string;
  isGood?: boolean;
}

/** The body of a page on which there is nothing to do. */
export function cardHtml({ title, text, mark, isGood = false }: Card): string {
  return `<div class="mark ${isGood ? 'good' : ''}" aria-hidden="true">${mark}</div>
<h1>${title}</h1>
<p class="message" role="status">${text}</p>`;
}

export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
