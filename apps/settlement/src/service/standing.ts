/** Says what stands in the way once, and again only after a turn in which it did not: loops that look often must not fill a log. */
export class Standing {
  private before: ReadonlySet<string> = new Set();
  private now = new Set<string>();

  constructor(private readonly log: (line: string) => void) {}

  say(line: string): void {
    if (!this.before.has(line) && !this.now.has(line)) this.log(line);
    this.now.add(line);
  }

  /** The turn is over. */
  turned(): void {
    this.before = this.now;
    this.now = new Set();
  }
}
