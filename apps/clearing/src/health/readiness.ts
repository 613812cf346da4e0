/** Which parts of the process are up. Everything listed has to be, before traffic is welcome. */
export class Readiness {
  private readonly parts = new Map<string, boolean>();

  set(part: string, up: boolean): void {
    this.parts.set(part, up);
  }

  missing(): string[] {
    return [...this.parts].filter(([, up]) => !up).map(([part]) => part);
  }
}
