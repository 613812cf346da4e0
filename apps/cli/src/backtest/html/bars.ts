import { line, px, rect, scale, svg, text, tickLabel, ticks } from './svg.js';

export interface Bar {
  readonly model: string;
  readonly value: number;
  readonly tip: string;
}

const WIDTH = 440;
const LEFT = 86;
const RIGHT = 54;
const STEP = 24;

/** Horizontal bars, one a model, the first in bold: length is the value. */
export function bars(label: string, all: readonly Bar[], digits: number, unit: string): string {
  const finite = all.map(({ value }) => value).filter(Number.isFinite);
  const max = Math.max(...finite, 1e-9);
  const height = all.length * STEP + 22;
  const x = scale(0, max, LEFT, WIDTH - RIGHT);
  const marks = ticks(max, 4);
  const grid = marks.flatMap((mark) => [
    line(x(mark), 2, x(mark), height - 18, 'axis'),
    text(x(mark), height - 4, tickLabel(mark, marks), { anchor: 'middle' }),
  ]);
  const rows = all.flatMap(({ model, value, tip }, index) => {
    const y = index * STEP + 4;
    const end = x(Math.min(value, max));
    const strong = index === 0 ? 'strong' : 'name';
    const shown = Number.isFinite(value) ? `${value.toFixed(digits)}${unit}` : '∞';
    return [
      text(LEFT - 8, y + 13, model, { anchor: 'end', className: strong }),
      rect(LEFT, y, end - LEFT, STEP - 7, `m-${model}`, tip),
      text(Number(px(end)) + 6, y + 13, shown, { className: strong }),
    ];
  });
  return svg(WIDTH, height, label, [...grid, ...rows]);
}
