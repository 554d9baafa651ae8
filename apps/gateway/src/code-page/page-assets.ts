/** Small enough to be kept here; served from the gateway itself, so that no third party hears of a page. */
export const styleSheet = `:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #fff; --text: #16181d; --quiet: #565d6b; --line: #868e9c; --edge: #dfe2e8;
  --accent: #1f55c4; --on-accent: #fff; --good: #16713d; --bad: #b3261e; --bad-ground: #fdecea;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101216; --card: #191c22; --text: #eceef2; --quiet: #a4abb8; --line: #737b8a; --edge: #2b303a;
    --accent: #8ab0ff; --on-accent: #0d1a36; --good: #6fd39a; --bad: #ffb1a8; --bad-ground: #3a1a18;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: max(1rem, 8vh) 1rem 1rem;
  background: var(--ground); color: var(--text);
  font: 1.0625rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  display: flex; flex-direction: column; align-items: center;
}
main {
  width: 100%; max-width: 26rem; padding: 1.75rem; background: var(--card);
  border: 1px solid var(--edge); border-radius: 1rem;
}
h1 { margin: 0 0 .5rem; font-size: 1.5rem; line-height: 1.25; letter-spacing: -.01em; }
p { margin: 0 0 1rem; }
.step { margin-bottom: .25rem; color: var(--quiet); font-size: .9375rem; }
.message { overflow-wrap: anywhere; white-space: pre-line; }
.field { margin: 0 0 1rem; }
label { display: block; margin: 0 0 .375rem; font-weight: 600; }
label.check { font-weight: 400; display: flex; gap: .625rem; align-items: center; min-height: 2.75rem; }
label.check input { width: 1.25rem; height: 1.25rem; margin: 0; }
.optional { color: var(--quiet); font-weight: 400; }
input[type=text], select, textarea {
  width: 100%; min-height: 3rem; padding: .5rem .75rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--line); border-radius: .625rem;
}
input.code { font-size: 1.5rem; letter-spacing: .12em; font-variant-numeric: tabular-nums; }
input:focus-visible, select:focus-visible, textarea:focus-visible, button:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px;
}
[aria-invalid=true] { border-color: var(--bad) !important; border-width: 2px !important; }
.hint, .error { margin: .375rem 0 0; font-size: .9375rem; color: var(--quiet); }
.error { color: var(--bad); font-weight: 600; }
.alert { margin: 0 0 1rem; padding: .75rem .875rem; background: var(--bad-ground); color: var(--bad); border-radius: .625rem; }
button {
  width: 100%; min-height: 3.125rem; padding: .5rem 1rem; font: inherit; font-weight: 600; cursor: pointer;
  color: var(--on-accent); background: var(--accent); border: 0; border-radius: .625rem;
}
button[disabled] { opacity: .55; cursor: default; }
.time { margin: 1rem 0 0; text-align: center; color: var(--quiet); font-size: .9375rem; font-variant-numeric: tabular-nums; }
.mark {
  width: 3rem; height: 3rem; margin: 0 0 1rem; border-radius: 50%; display: grid; place-items: center;
  font-size: 1.5rem; font-weight: 700; color: var(--quiet); background: var(--ground);
}
.mark.good { color: var(--card); background: var(--good); }
.message:last-child { margin-bottom: 0; }
footer { max-width: 26rem; margin: 1rem 0 0; padding: 0 .5rem; text-align: center; color: var(--quiet); font-size: .875rem; }
.sr { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/** The count-down, and one sending per form. Everything works without it. */
export const script = `'use strict';
(() => {
  const time = document.getElementById('time');
  const form = document.querySelector('form');
  if (!time || !form) return;
  const button = form.querySelector('button');
  const spoken = document.getElementById('spoken');
  const ends = Date.parse(time.dataset.expires);
  let told = false;
  const show = () => {
    const left = Math.max(0, Math.ceil((ends - Date.now()) / 1000));
    if (left === 0) {
      time.textContent = 'The time is over.';
      spoken.textContent = 'The time is over.';
      button.disabled = true;
      clearInterval(timer);
      return;
    }
    const seconds = String(left % 60).padStart(2, '0');
    time.textContent = Math.floor(left / 60) + ':' + seconds + ' left';
    if (left <= 30 && !told) { told = true; spoken.textContent = left + ' seconds left'; }
  };
  const timer = setInterval(show, 1000);
  show();
  form.addEventListener('submit', () => { setTimeout(() => { button.disabled = true; button.textContent = 'Sending…'; }); });
  addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
})();
`;
