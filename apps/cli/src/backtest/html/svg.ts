/** Small plot parts: strings of SVG, coloured by the page's style sheet, so that light and dark are one file. */

export function escapeText(text: string): string {
  return text
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}

/** A coordinate with one decimal: a tenth of a pixel is finer than any screen. */
export const px = (value: number): string => String(Math.round(10 * value) / 10);

/** A linear map from [from, to] to [start, end]. */
export function scale(from: number, to: number, start: number, end: number): (v: number) => number {
  const span = to - from || 1;
  return (value) => start + ((value - from) / span) * (end - start);
}

/** Round steps of 1, 2 or 5 between 0 and `max`, about `count` of them. */
export function ticks(max: number, count: number): number[] {
  if (!(max > 0)) return [0];
  const raw = max / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10);
  return Array.from({ length: Math.floor(max / step + 1e-9) + 1 }, (_, index) => index * step);
}

/** As few decimals as the step needs. */
export function tickLabel(value: number, all: readonly number[]): string {
  const step = (all[1] ?? 1) - (all[0] ?? 0);
  return value.toFixed(Math.max(0, Math.min(3, -Math.floor(Math.log10(step) + 1e-9))));
}

export function text(
  x: number,
  y: number,
  content: string,
  { anchor = 'start', className = '' }: { anchor?: string; className?: string } = {},
): string {
  const cls = className === '' ? '' : ` class="${className}"`;
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}"${cls}>${escapeText(content)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, className: string): string {
  return `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" class="${className}"/>`;
}

export function rect(
  x: number,
  y: number,
  width: number,
  height: number,
  className: string,
  tip = '',
): string {
  const title = tip === '' ? '' : `<title>${escapeText(tip)}</title>`;
  return `<rect x="${px(x)}" y="${px(y)}" width="${px(Math.max(0, width))}" height="${px(Math.max(0, height))}" rx="2" class="${className}">${title}</rect>`;
}

export function dot(x: number, y: number, radius: number, className: string, tip = ''): string {
  const title = tip === '' ? '' : `<title>${escapeText(tip)}</title>`;
  return `<circle cx="${px(x)}" cy="${px(y)}" r="${px(radius)}" class="${className}">${title}</circle>`;
}

/** A drawing with a name for readers who do not see it. */
export function svg(
  width: number,
  height: number,
  label: string,
  parts: readonly string[],
): string {
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(label)}">${parts.join('')}</svg>`;
}
