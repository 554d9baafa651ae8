import { useEffect, useMemo, useRef } from 'react';
import { Box, useComputedColorScheme, useMantineTheme } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import UPlot, { type AlignedData } from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { optionsOf, type Line } from './chart-options.js';
import classes from './time-chart.module.css';

/** How something went over time. For those who cannot see it, `summary` says what it shows. */
export function TimeChart({ times, lines, summary }: { times: string[]; lines: Line[]; summary: string }) {
  const { ref, width } = useElementSize();
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<UPlot>(null);
  const theme = useMantineTheme();
  const isDark = useComputedColorScheme('light') === 'dark';
  const data = useMemo<AlignedData>(
    () => [times.map((time) => Date.parse(time) / 1_000), ...lines.map(({ values }) => values)],
    [times, lines],
  );
  // A new chart when its looks change; new numbers go into the one that is there.
  const looks = JSON.stringify([isDark, lines.map(({ label, color, kind }) => [label, color, kind])]);
  useEffect(() => {
    if (holder.current === null || width === 0) return;
    const colorOf = (name: string) => theme.colors[name]?.[isDark ? 5 : 7] ?? name;
    const made = new UPlot(optionsOf(lines, width, isDark, colorOf), data, holder.current);
    chart.current = made;
    return () => {
      made.destroy();
      chart.current = null;
    };
  }, [looks, width, theme]);
  useEffect(() => chart.current?.setData(data), [data]);
  return (
    <Box ref={ref} role="img" aria-label={summary} className={classes['chart'] ?? ''}>
      <div ref={holder} />
    </Box>
  );
}
