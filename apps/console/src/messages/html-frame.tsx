import { useEffect, useRef, useState } from 'react';
import classes from './message.module.css';
import { harmless } from './harmless-html.js';

/**
 * Somebody else's HTML. Three fences: what could do harm is taken out; the frame runs no script; and the frame's own policy lets nothing
 * be loaded from anywhere.
 */
export function HtmlFrame({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [isLoaded, setIsLoaded] = useState(false);
  useEffect(() => {
    const view = frame.current?.contentWindow as (Window & typeof globalThis) | null | undefined;
    if (isLoaded && view) view.document.body.replaceChildren(harmless(html, view));
  }, [html, isLoaded]);
  return (
    <iframe
      ref={frame}
      src="/console/message-frame"
      sandbox="allow-same-origin"
      title="The message"
      className={classes['frame']}
      onLoad={() => setIsLoaded(true)}
    />
  );
}
