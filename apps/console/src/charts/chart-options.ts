import UPlot, { type Options, type Series } from 'uplot';

export interface Line {
  label: string;
  /** A colour of the theme. */
  color: string;
  values: (number | null)[];
  kind: 'bars' | 'line';
  format?: (value: number) => string;
}

type ColorOf = (name: string) => string;

const height = 200;

export function optionsOf(lines: Line[], width: number, isDark: boolean, colorOf: ColorOf): Options {
  const axis = {
    stroke: isDark ? '#a6a7ab' : '#5c636a',
    grid: { stroke: isDark ? '#ffffff14' : '#00000010', width: 1 },
    ticks: { show: false },
    font: '11px system-ui',
  };
  const format = lines.find((line) => line.format !== undefined)?.format;
  const ticks = format === undefined ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000] } : {};
  return {
    width,
    height,
    padding: [12, 8, 0, 0],
    cursor: { y: false, drag: { x: false, y: false } },
    scales: {
      x: { range: withHalfABucket },
      y: { range: (_chart, _low, high) => [0, (high > 0 ? high : 1) * 1.15] },
    },
    axes: [
      { ...axis, space: 70 },
      {
        ...axis,
        ...ticks,
        size: 56,
        values: (_chart, values) => values.map((value) => format?.(value) ?? String(value)),
      },
    ],
    series: [{}, ...lines.map((line) => seriesOf(line, colorOf))],
  };
}

/** So that the first bar and the last one are whole. */
function withHalfABucket({ data: [times] }: UPlot): [number, number] {
  const [first = 0, second = first + 1] = times;
  const half = (second - first) / 2;
  return [first - half, (times.at(-1) ?? second) + half];
}

function seriesOf({ label, color, kind, format }: Line, colorOf: ColorOf): Series {
  const value = (_chart: UPlot, number: number | null) =>
    number === null ? '–' : (format?.(number) ?? String(number));
  const series = { label, value, stroke: colorOf(color) };
  if (kind === 'line') return { ...series, width: 2, spanGaps: true, points: { show: format !== undefined, size: 6 } };
  const paths = UPlot.paths.bars?.({ size: [0.7, 24], radius: 0.2 });
  return {
    ...series,
    width: 0,
    fill: colorOf(color),
    points: { show: false },
    ...(paths === undefined ? {} : { paths }),
  };
}
