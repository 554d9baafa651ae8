import { useEffect, useState } from 'react';
import { Tooltip } from '@mantine/core';

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

/** `3 min. ago`, with the exact time on request. */
export function Ago({ at }: { at: string }) {
  const now = useNow(15_000);
  const time = new Date(at);
  return (
    <Tooltip label={exact.format(time)} withinPortal>
      <time dateTime={at} style={{ whiteSpace: 'nowrap' }}>
        {agoOf(time.getTime(), now)}
      </time>
    </Tooltip>
  );
}

/** To the second, where the order of things matters. */
export function ClockTime({ at }: { at: string }) {
  return <time dateTime={at}>{exact.format(new Date(at))}</time>;
}

/** Epoch milliseconds, anew after each interval. */
export function useNow(intervalMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs]);
  return now;
}

/** `450 ms`, `3.2 s`, `4 min` */
export function durationText(seconds: number | null): string {
  if (seconds === null) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1_000)} ms`;
  if (seconds < 100) return `${seconds.toFixed(1)} s`;
  return `${Math.round(seconds / 60)} min`;
}

function agoOf(then: number, now: number): string {
  const seconds = (then - now) / 1_000;
  const [unit, size] = units.find(([, unitSeconds]) => Math.abs(seconds) >= unitSeconds) ?? ['second', 1];
  if (unit === 'second') return seconds > 5 ? `in ${Math.round(seconds)} sec.` : 'just now';
  return relative.format(Math.round(seconds / size), unit);
}
