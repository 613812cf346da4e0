import { dot, line, rect, scale, svg, text, tickLabel, ticks } from './svg.js';

export interface CoverageRow {
  readonly book: string;
  /** By model, in the order of the key: share of days exceeded, per cent, and what the reader sees on hovering. */
  readonly dots: readonly {
    readonly model: string;
    readonly exceeded: number;
    readonly tip: string;
  }[];
}

const WIDTH = 440;
const LEFT = 132;
const RIGHT = 14;
const STEP = 19;

/** One row a book: how often it was exceeded at k = 1, against the target and the band Kupiec's test accepts. Per cent. */
export function coveragePlot(
  label: string,
  rows: readonly CoverageRow[],
  band: readonly [low: number, high: number],
  target: number,
): string {
  const values = rows.flatMap(({ dots }) => dots.map(({ exceeded }) => exceeded));
  const max = Math.max(band[1] * 1.15, ...values) * 1.02;
  const height = rows.length * STEP + 26;
  const bottom = height - 22;
  const x = scale(0, max, LEFT, WIDTH - RIGHT);
  const marks = ticks(max, 4);
  const axis = marks.flatMap((mark) => [
    line(x(mark), 2, x(mark), bottom, 'axis'),
    text(x(mark), height - 6, tickLabel(mark, marks), { anchor: 'middle' }),
  ]);
  const drawn = rows.flatMap(({ book, dots }, index) => {
    const y = index * STEP + 13;
    // The first model last, so that it lies on top.
    const points = dots.map(({ model, exceeded, tip }, at) =>
      at === 0
        ? dot(x(exceeded), y, 4.6, `m-${model}`, tip)
        : dot(x(exceeded), y, 3.6, `hollow s-${model}`, tip),
    );
    return [text(LEFT - 8, y + 4, book, { anchor: 'end', className: 'name' }), ...points.reverse()];
  });
  return svg(WIDTH, height, label, [
    rect(x(band[0]), 2, x(band[1]) - x(band[0]), bottom - 2, 'band'),
    ...axis,
    line(x(target), 2, x(target), bottom, 'target'),
    ...drawn,
  ]);
}
