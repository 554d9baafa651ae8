import { useEffect } from 'react';
import { useNavigate } from 'react-router';
import { pages } from './pages.js';

const patienceMs = 1_200;

/** `g`, then the letter of a page, goes there; `/` goes to the search of the page that is open. */
export function usePageShortcuts(): void {
  const navigate = useNavigate();
  useEffect(() => {
    let pressedGAt = -Infinity;
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const page = pages.find(({ shortcut }) => shortcut === event.key);
      if (event.key === 'g') pressedGAt = event.timeStamp;
      else if (page !== undefined && event.timeStamp - pressedGAt < patienceMs) void navigate(page.path);
      else if (event.key === '/') {
        event.preventDefault();
        document.querySelector<HTMLInputElement>('input[type=search]')?.focus();
      }
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [navigate]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, textarea, select, [role=dialog]') !== null;
}
