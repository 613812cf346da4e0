import { dot, line, px, scale, svg, text, tickLabel, ticks } from './svg.js';

export interface Curve {
  readonly model: string;
  /** One value a day, per cent of notional. */
  readonly margins: Float64Array;
}

export interface Timeline {
  readonly label: string;
  readonly dates: readonly string[];
  /** Positive is a loss, per cent of notional. */
  readonly losses: Float64Array;
  /** The first is the one whose breaches are marked. */
  readonly curves: readonly Curve[];
}

const LEFT = 34;
const BOTTOM = 22;
const TOP = 8;

/** Days that share a pixel: the greatest loss among them, and the mean of each margin. */
interface Bucket {
  readonly from: number;
  readonly to: number;
}

function buckets(days: number, width: number): Bucket[] {
  const n = Math.min(days, width);
  return Array.from({ length: n }, (_, index) => ({
    from: Math.floor((index * days) / n),
    to: Math.floor(((index + 1) * days) / n),
  }));
}

/** Margin against loss through time, breaches of the first curve marked; drawn twice, for wide and for narrow screens. */
export function timelines(data: Timeline): string {
  return `<div class="wide">${timeline(data, 1040, 270)}</div><div class="narrow">${timeline(data, 400, 250)}</div>`;
}

function timeline(
  { label, dates, losses, curves }: Timeline,
  width: number,
  height: number,
): string {
  const days = losses.length;
  const peak = Math.max(...losses, ...curves.flatMap(({ margins }) => Math.max(...margins)));
  const x = scale(0, Math.max(1, days - 1), LEFT, width - 6);
  const y = scale(0, peak * 1.05, height - BOTTOM, TOP);
  const parts = buckets(days, Math.floor((width - LEFT) * 1.5));
  const marks = ticks(peak, 4);
  const axis = marks.flatMap((mark) => [
    line(LEFT, y(mark), width - 6, y(mark), 'axis'),
    text(LEFT - 6, y(mark) + 4, tickLabel(mark, marks), { anchor: 'end' }),
  ]);
  const lossPath = parts
    .map(({ from, to }) => [(from + to - 1) / 2, Math.max(...losses.subarray(from, to))] as const)
    .filter(([, loss]) => loss > 0)
    .map(([day, loss]) => `M${px(x(day))} ${px(y(0))}V${px(y(loss))}`)
    .join('');
  const drawn = curves.map(
    ({ model, margins }, index) =>
      `<path d="${curvePath(margins, parts, x, y)}" class="curve s-${model}${index === 0 ? ' first' : ''}"/>`,
  );
  const first = curves[0];
  const breaches = [...losses].flatMap((loss, day) => {
    const margin = first?.margins[day] ?? Infinity;
    if (loss <= margin) return [];
    const tip = `${dates[day] ?? ''}: loss ${loss.toFixed(2)} %, margin ${margin.toFixed(2)} %`;
    return [dot(x(day), y(loss), 3.8, 'breach', tip)];
  });
  return svg(width, height, label, [
    ...axis,
    ...years(dates, x, height, width),
    `<path d="${lossPath}" class="loss"/>`,
    ...drawn.reverse(),
    ...breaches,
  ]);
}

function curvePath(
  margins: Float64Array,
  parts: readonly Bucket[],
  x: (v: number) => number,
  y: (v: number) => number,
): string {
  return parts
    .map(({ from, to }, index) => {
      let sum = 0;
      for (let day = from; day < to; day += 1) sum += margins[day] ?? 0;
      const point = `${px(x((from + to - 1) / 2))} ${px(y(sum / Math.max(1, to - from)))}`;
      return `${index === 0 ? 'M' : 'L'}${point}`;
    })
    .join('');
}

/** A label where a year begins, as many as there is room for. */
function years(
  dates: readonly string[],
  x: (v: number) => number,
  height: number,
  width: number,
): string[] {
  const starts = dates.flatMap((date, day) =>
    day > 0 && date.slice(0, 4) !== dates[day - 1]?.slice(0, 4)
      ? [[day, date.slice(0, 4)] as const]
      : [],
  );
  const room = Math.max(1, Math.ceil((starts.length * 46) / (width - LEFT)));
  return starts
    .filter((_, index) => index % room === 0)
    .flatMap(([day, year]) => [
      line(x(day), height - BOTTOM, x(day), height - BOTTOM + 5, 'axis'),
      text(x(day), height - 4, year, { anchor: 'middle' }),
    ]);
}
