import { setTimeout as sleep } from 'node:timers/promises';
import { memberSubject, PersonalVault, type Journal, type SubjectKeys } from '#events';
import { checkPersonal, personalOf, type Command, type HouseState } from '#ledger';
import { Problem } from '../problem/index.js';

/** Tries, and the pause after the first, to destroy keys whose destruction is recorded; each pause is twice the one before. */
const TRIES = 6;
const PAUSE_MS = 50;
/** Events after which the vault is told that everything before them was obeyed: what a start has to read again at most. */
const STRIDE = 100_000;

interface Outcome {
  readonly rejection?: unknown;
}

/**
 * Where commands with personal fields pass: sealed here, so that engine, journal and everything made from it never see the plain
 * text. An approved erasure is recorded first and obeyed at once; what a crash left is obeyed at the next start.
 */
export class PersonalDesk {
  private readonly vault: PersonalVault;
  private turn: Promise<unknown> = Promise.resolve();
  private told = 0;
  /** A recorded order is not obeyed yet: only a start may say that everything was. */
  private owing = false;

  constructor(
    private readonly keys: SubjectKeys,
    private readonly pauseMs = PAUSE_MS,
  ) {
    this.vault = new PersonalVault(keys);
  }

  /**
   * Destroys the keys whose destruction the journal records beyond what this vault obeyed. Run before anything is answered: a
   * vault restored from an old copy has keys back that must be gone.
   */
  async obey(journal: Journal): Promise<number> {
    const [from, { size }] = [await this.keys.obeyed(), await journal.head()];
    let destroyed = 0;
    for await (const { events } of from < size ? journal.read(from, size) : []) {
      for (const event of events) {
        if (event.type !== 'SubjectKeyDestroyed') continue;
        const { member, throughKey } = event.data;
        destroyed += await this.keys.destroy(memberSubject(member), throughKey);
      }
    }
    await this.keys.setObeyed(size);
    this.told = size;
    return destroyed;
  }

  /** To be told of every durable batch. */
  reached(size: number): void {
    if (size - this.told < STRIDE) return;
    this.told = size;
    const tell = async () => (this.owing ? undefined : this.keys.setObeyed(size));
    void this.inTurn(tell).catch(() => undefined);
  }

  /**
   * Gives a command to `submit`, its personal field sealed. Those that need the vault go one at a time: nothing is sealed with a
   * key that is being destroyed.
   */
  give<T extends Outcome | undefined>(
    state: HouseState,
    command: Command,
    submit: (command: Command) => Promise<T>,
  ): Promise<T> {
    if (command.kind === 'approve-erasure') {
      return this.inTurn(() => this.erase(command, submit));
    }
    const part = personalOf(state, command);
    if (part === undefined) return submit(command);
    const wrong = checkPersonal(part);
    if (wrong) return Promise.reject(Problem.of(wrong));
    return this.inTurn(async () => {
      const sealed = await this.vault.seal(memberSubject(part.member), part);
      return submit({ ...command, [part.field]: sealed } as Command);
    });
  }

  private async erase<T extends Outcome | undefined>(
    command: Extract<Command, { kind: 'approve-erasure' }>,
    submit: (command: Command) => Promise<T>,
  ): Promise<T> {
    const subject = memberSubject(command.member);
    const throughKey = await this.keys.live(subject);
    const outcome = await submit({ ...command, throughKey });
    if (outcome?.rejection === undefined) await this.destroy(subject, throughKey);
    return outcome;
  }

  private async destroy(subject: string, throughKey: number): Promise<void> {
    this.owing = true;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.keys.destroy(subject, throughKey);
        this.owing = false;
        return;
      } catch {
        if (attempt === TRIES) break;
        await sleep(this.pauseMs * 2 ** attempt);
      }
    }
    throw Problem.unavailable(
      'The erasure is recorded; the vault cannot be reached, and destroys the key at the next start.',
    );
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const own = this.turn.then(work);
    this.turn = own.catch(() => undefined);
    return own;
  }
}
