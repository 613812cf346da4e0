/** Coverage the books are held to: exceeded on 0.5 % of days. */
export const TARGET = 0.005;

/** One book under one model: losses and margins day by day. */
export interface BookSeries {
  readonly losses: Float64Array;
  readonly margins: Float64Array;
}

/** Column `book` of a row-major table. */
export function columnAt(table: Float64Array, book: number, books: number): Float64Array {
  const rows = table.length / books;
  const column = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) column[row] = table[row * books + book] ?? 0;
  return column;
}

export function booksOf(losses: Float64Array, margins: Float64Array, books: number): BookSeries[] {
  return Array.from({ length: books }, (_, book) => ({
    losses: columnAt(losses, book, books),
    margins: columnAt(margins, book, books),
  }));
}

/** Days from `from` until before `to`. */
export function sliceBook({ losses, margins }: BookSeries, from: number, to: number): BookSeries {
  return { losses: losses.subarray(from, to), margins: margins.subarray(from, to) };
}

/** Days on which the loss exceeded k times the margin. Exactly met is not exceeded. */
export function exceptions({ losses, margins }: BookSeries, k = 1): boolean[] {
  return Array.from(losses, (loss, day) => loss > k * (margins[day] ?? 0));
}

export function count(flags: readonly boolean[]): number {
  return flags.reduce((sum, flag) => sum + (flag ? 1 : 0), 0);
}

/** Share of days exceeded. */
export function exceedance(book: BookSeries, k = 1): number {
  return book.losses.length === 0 ? 0 : count(exceptions(book, k)) / book.losses.length;
}

export function worstExceedance(books: readonly BookSeries[], k = 1): number {
  return Math.max(0, ...books.map((book) => exceedance(book, k)));
}

/** Loss over margin; a loss without margin is infinitely far beyond it, no loss is never beyond. */
export function lossRatio(loss: number, margin: number): number {
  if (loss <= 0) return 0;
  return margin > 0 ? loss / margin : Infinity;
}

/** Least k at which the book is exceeded on at most the target share of its days: an order statistic of loss / margin. */
export function scaleOf({ losses, margins }: BookSeries, target = TARGET): number {
  const ratios = losses.map((loss, day) => lossRatio(loss, margins[day] ?? 0)).sort();
  const allowed = Math.floor(target * ratios.length);
  return ratios[ratios.length - 1 - allowed] ?? 0;
}

/** Least k at which the worst book is exceeded on at most the target share of days. */
export function equalCoverageScale(books: readonly BookSeries[], target = TARGET): number {
  return Math.max(0, ...books.map((book) => scaleOf(book, target)));
}

export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return values.length === 0 ? 0 : sum / values.length;
}

/** Mean over books of the mean over days. */
export function averageMargin(books: readonly BookSeries[]): number {
  return mean(Float64Array.from(books, ({ margins }) => mean(margins)));
}

/** How a margin moves through time: see Murphy, Vasios and Vause, Bank of England FS Paper 29 (2014). */
export interface Procyclicality {
  /** 99th over 1st percentile. */
  readonly p99p1: number;
  /** Largest relative rise over 1, 5 and 30 days. */
  readonly rise1: number;
  readonly rise5: number;
  readonly rise30: number;
}

export function procyclicality(margins: Float64Array): Procyclicality {
  return {
    p99p1: quantile(margins, 0.99) / quantile(margins, 0.01),
    rise1: largestRise(margins, 1),
    rise5: largestRise(margins, 5),
    rise30: largestRise(margins, 30),
  };
}

export function largestRise(margins: Float64Array, days: number): number {
  let rise = 0;
  for (let day = days; day < margins.length; day += 1)
    rise = Math.max(rise, (margins[day] ?? 0) / (margins[day - days] ?? 0) - 1);
  return rise;
}

/** Linear interpolation between order statistics at (n - 1) q, as numpy does. */
export function quantile(values: Float64Array, q: number): number {
  const sorted = values.slice().sort();
  const place = (sorted.length - 1) * q;
  const low = sorted[Math.floor(place)] ?? Number.NaN;
  const high = sorted[Math.ceil(place)] ?? Number.NaN;
  return low + (high - low) * (place - Math.floor(place));
}

/** k from the first half of the days, applied to the second. */
export interface Halves {
  readonly k: number;
  readonly avgMargin: number;
  readonly worstExceedance: number;
}

/** `panels`: rows of one day stay in one half. */
export function halves(books: readonly BookSeries[], panels: number): Halves {
  const rows = books[0]?.losses.length ?? 0;
  const middle = Math.floor(rows / panels / 2) * panels;
  const k = equalCoverageScale(books.map((book) => sliceBook(book, 0, middle)));
  const second = books.map((book) => sliceBook(book, middle, rows));
  return {
    k,
    avgMargin: k * averageMargin(second),
    worstExceedance: worstExceedance(second, k),
  };
}
