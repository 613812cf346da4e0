/** Where progress goes: stderr, so that stdout belongs to the result. */
export interface Progress {
  /** A step that is done or begins; stays on the screen. */
  step(text: string): void;
  /** Where a running step stands; replaced by the next one. Not shown where nobody watches. */
  status(text: string): void;
}

interface Terminal {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** Progress lines with the seconds since the start. On a terminal the running step rewrites its line. */
export function stderrProgress(out: Terminal = process.stderr): Progress {
  const start = performance.now();
  let shown = false;
  const clear = (): void => {
    if (shown) out.write('\r\u001b[2K');
    shown = false;
  };
  return {
    step(text) {
      clear();
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      out.write(`${dim(`${seconds.padStart(5)} s`, out)}  ${text}\n`);
    },
    status(text) {
      if (out.isTTY !== true) return;
      clear();
      out.write(`         ${text}`);
      shown = true;
    },
  };
}

export const silent: Progress = { step: () => undefined, status: () => undefined };

const colourful = (out: Terminal): boolean =>
  out.isTTY === true && (process.env['NO_COLOR'] ?? '') === '';

const style =
  (code: number) =>
  (text: string, out: Terminal = process.stdout): string =>
    colourful(out) ? `\u001b[${code}m${text}\u001b[0m` : text;

export const bold = style(1);
export const dim = style(2);
export const red = style(31);
export const green = style(32);
