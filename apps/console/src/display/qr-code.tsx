/** What a reader needs around it (ISO/IEC 18004). */
const quiet = 4;

/** Rows of 0 and 1, 1 is dark. On white also in dark colours, or many readers see nothing. */
export function QrCode({ rows, label }: { rows: readonly string[]; label: string }) {
  const size = rows.length + 2 * quiet;
  const squares = rows.flatMap((row, y) =>
    Array.from(row, (square, x) => (square === '1' ? `M${x + quiet} ${y + quiet}h1v1h-1z` : '')),
  );
  return (
    <svg
      viewBox={`0 0 ${size} ${size}`}
      width={220}
      height={220}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
      style={{ alignSelf: 'center', borderRadius: 8 }}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={squares.join('')} fill="#000" />
    </svg>
  );
}
