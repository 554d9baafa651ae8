// @ts-check
import { factors } from './factors.mjs';

/** @param {string} [problem] */
export function passwordPage(problem) {
  return page(
    'Sign in',
    `<p class="step">Step 1 of 2</p>
    <h1>Sign in to Harbour</h1>
    ${alert(problem)}
    <form method="post" action="/">
      <label for="user_name">User name</label>
      <input id="user_name" name="user_name" autocomplete="username" required autofocus>
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required>
      <button>Continue</button>
    </form>`,
  );
}

/**
 * @param {import('./site.mjs').SignIn} signIn
 * @param {string} [problem]
 */
export function secondStepPage({ customer: { name, factor }, prompt }, problem) {
  const form = `<form method="post" action="/second-step">
      <label for="code">Code</label>
      <input id="code" class="code" name="code" inputmode="numeric" autocomplete="one-time-code" required autofocus>
      <button>Sign in</button>
    </form>`;
  return page(
    'Is it you?',
    `<p class="step">Step 2 of 2 · ${factors[factor].name}</p>
    <h1>Is it you, ${name}?</h1>
    <p id="prompt">${prompt}</p>
    ${alert(problem)}
    ${factor === 'link' ? '<p class="waiting">You may close this page when you have opened it.</p>' : form}`,
  );
}

/** @param {import('./site.mjs').Customer} customer */
export function accountPage({ name, userName, factor }) {
  return page(
    'Your account',
    `<p class="mark" aria-hidden="true"><svg viewBox="0 0 24 24" width="26" height="26"><path d="M5 12.5l4.5 4.5L19 7.5"/></svg></p>
    <h1>Welcome, ${name}</h1>
    <p>You are signed in.</p>
    <dl>
      <div><dt>User name</dt><dd>${userName}</dd></div>
      <div><dt>First step</dt><dd>Password</dd></div>
      <div><dt>Second step</dt><dd>${factors[factor].name}</dd></div>
    </dl>`,
  );
}

/** @param {string} text */
export function plainPage(text) {
  return page('Harbour', `<h1>${text}</h1><p><a href="/">To the sign-in</a></p>`);
}

/** @param {string} [problem] */
function alert(problem) {
  return problem === undefined ? '' : `<p class="alert" role="alert">${problem}</p>`;
}

/**
 * @param {string} title
 * @param {string} content of which nothing comes from a visitor
 */
function page(title, content) {
  return `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} · Harbour</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/style.css">
</head>
<body>
  <header>
    <svg viewBox="0 0 24 24" width="30" height="30" aria-hidden="true"><path d="M12 8v13M12 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM7.5 11.5h9M4 13.5c0 4.5 3.5 7.5 8 7.5s8-3 8-7.5"/></svg>
    <span>Harbour</span>
  </header>
  <main>
    ${content}
  </main>
  <footer>An example site. Everything behind this door is made up.</footer>
</body>
</html>
`;
}

export const styleSheet = `
:root { --ink: #12303a; --quiet: #5b737b; --line: #c9d6d9; --accent: #0b6e7f; --bad: #b3261e; }
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 7vh 1rem 2rem; color: var(--ink);
  background: linear-gradient(170deg, #e9f4f4 0%, #cfe4e6 55%, #b5d3d8 100%) fixed;
  font: 1.0625rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  display: flex; flex-direction: column; align-items: center;
}
header { display: flex; align-items: center; gap: .6rem; margin-bottom: 1.5rem; font-size: 1.5rem; font-weight: 700; }
svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
header svg { color: var(--accent); }
main {
  width: 100%; max-width: 26rem; padding: 2rem; background: #fff; border-radius: 1rem;
  box-shadow: 0 1px 2px rgb(18 48 58 / .08), 0 12px 32px rgb(18 48 58 / .12);
}
h1 { margin: 0 0 1rem; font-size: 1.6rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; }
a { color: var(--accent); }
.step { margin: 0 0 .35rem; color: var(--quiet); font-size: .9rem; }
label { display: block; margin: 0 0 .35rem; font-weight: 600; }
input {
  width: 100%; min-height: 3rem; margin: 0 0 1.1rem; padding: .5rem .75rem; font: inherit; color: inherit;
  border: 1px solid var(--line); border-radius: .6rem; background: #fbfdfd;
}
input.code { font-size: 1.5rem; letter-spacing: .14em; font-variant-numeric: tabular-nums; }
input:focus-visible, button:focus-visible { outline: 3px solid #7cc3cd; outline-offset: 1px; border-color: var(--accent); }
button {
  width: 100%; min-height: 3.1rem; margin-top: .3rem; font: inherit; font-weight: 600; color: #fff; cursor: pointer;
  background: var(--accent); border: 0; border-radius: .6rem;
}
button:hover { background: #095a68; }
.alert { padding: .7rem .9rem; color: var(--bad); background: #fdecea; border-radius: .6rem; }
.waiting { margin: 0; color: var(--quiet); }
.mark { width: 3.2rem; height: 3.2rem; margin: 0 0 1rem; border-radius: 50%; display: grid; place-items: center; color: #fff; background: #16805a; }
dl { margin: 0; border-top: 1px solid var(--line); }
dl div { display: flex; justify-content: space-between; gap: 1rem; padding: .65rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--quiet); }
dd { margin: 0; font-weight: 600; }
footer { margin-top: 1.5rem; color: var(--quiet); font-size: .875rem; }
`;
