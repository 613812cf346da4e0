import { createHash } from 'node:crypto';
import { type RiskFactor, SnapshotRefused } from '#events';
import { canonical, type EntryValue } from '../canonical-entry.js';
import { assertConservation } from '../conservation.js';
import { historyRoot, nextRoot } from '../risk/history.js';
import type { FactorHistory } from '../risk/state.js';
import { type HouseState, initialState } from '../state.js';
import { STATE_ORIGIN, STATE_SCHEMA } from '../state-hash.js';
import { MerkleStack } from '../state-tree/merkle-stack.js';
import { lineHash } from '../state-tree/state-tree.js';
import { entryKey } from '../state-tree/touched.js';
import { HISTORY, HISTORY_DAY, PARAMETERS } from './lines.js';
import { putEntry } from './put-entry.js';

/**
 * Makes a state of its lines: the inverse of `stateLines`. Every line has to be canonical and in its order, every history
 * and parameter document has to have the hash its entry names, and all leaves the root that is expected. What `finish`
 * returns is a state that hashes to that root and decides as the one that was written.
 */
export class StateReader {
  private readonly state = initialState();
  private readonly leaves = new MerkleStack();
  private readonly read = new Map<string, FactorHistory>();
  private last = '';
  private line = 0;

  /** Takes the next line. Throws SnapshotRefused naming it, counted from 1. */
  add(text: string): void {
    this.line += 1;
    const items = this.parse(text);
    try {
      if (items[0] === STATE_ORIGIN) this.entry(items, text);
      else this.attachment(items);
    } catch (error) {
      if (error instanceof SnapshotRefused) throw error;
      throw this.refuse(`cannot be read (${String(error)})`);
    }
  }

  /**
   * The state, if its root is the expected one.
   * @param root hex
   */
  finish(root: string): HouseState {
    const found = this.leaves.root();
    const lines = `${this.leaves.size} entries`;
    if (found !== root) throw new SnapshotRefused(lines, `have root ${found}, not ${root}`);
    for (const [id, history] of this.state.risk.histories) this.attachHistory(id, history);
    for (const { proposal, parameters, parametersHash } of this.state.risk.models.values()) {
      if (createHash('sha256').update(parameters, 'utf8').digest('hex') === parametersHash)
        continue;
      throw new SnapshotRefused(`parameters of ${proposal}`, 'do not have the hash of their entry');
    }
    assertConservation(this.state);
    return this.state;
  }

  private parse(text: string): unknown[] {
    let items: unknown;
    try {
      items = JSON.parse(text);
    } catch {
      throw this.refuse('is no JSON');
    }
    if (!Array.isArray(items) || canonical(items as EntryValue) !== text) {
      throw this.refuse('is not canonical');
    }
    return items;
  }

  private entry(items: unknown[], text: string): void {
    const [, schema, kind, id, value] = items as [string, number, string, string, unknown];
    if (schema !== STATE_SCHEMA) {
      throw this.refuse(`has state schema ${schema}, this build knows ${STATE_SCHEMA}`);
    }
    const key = entryKey(kind, id);
    if (key <= this.last || this.leaves.size + 1 !== this.line) throw this.refuse('is misplaced');
    if (!putEntry(this.state, kind, id, value)) throw this.refuse(`is of unknown kind ${kind}`);
    this.last = key;
    this.leaves.add(lineHash(text));
  }

  private attachment([what, id, ...rest]: unknown[]): void {
    if (what === PARAMETERS) {
      const models = this.state.risk.models;
      const model = models.get(id as string);
      if (model === undefined) throw this.refuse('belongs to no entry');
      models.set(model.proposal, { ...model, parameters: rest[0] as string });
    } else if (what === HISTORY) {
      const [named] = rest as [{ factors: readonly RiskFactor[]; numeraire: string }];
      const root = historyRoot(named.numeraire, named.factors);
      const begun = { ...named, history: id as string, dates: [], values: [], root };
      this.read.set(begun.history, begun);
    } else if (what === HISTORY_DAY) this.day(id as string, rest as [string, string[]]);
    else throw this.refuse('is of an unknown kind');
  }

  private day(id: string, [date, values]: readonly [string, readonly string[]]): void {
    const history = this.read.get(id);
    if (history === undefined) throw this.refuse('belongs to no history');
    history.root = nextRoot(history.root, date, values);
    history.dates.push(date);
    history.values.push(values);
  }

  /** The root chains factors and days, so it names exactly these. */
  private attachHistory(id: string, { root }: FactorHistory): void {
    const read = this.read.get(id);
    if (read?.root !== root) {
      throw new SnapshotRefused(`history ${id}`, `has root ${read?.root ?? '-'}, not ${root}`);
    }
    this.state.risk.histories.set(id, read);
  }

  private refuse(reason: string): SnapshotRefused {
    return new SnapshotRefused(`line ${this.line}`, reason);
  }
}
