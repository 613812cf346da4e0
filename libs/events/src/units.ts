/** Microseconds since 1970-01-01T00:00:00Z. A safe integer until the year 2255. */
export type Micros = number;

/** A decimal integer in minor units, e.g. "6183763" for 61837.63 at scale 2. Never a float, never a separator. */
export type Units = string;

/** A plain decimal number as text, e.g. "-0.25": no exponent, no separator. */
export type Decimal = string;
