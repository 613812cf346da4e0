import { ReadModelTaken } from '../read/project/store.js';
import type { Checkpoint as ReadCheckpoint, ReadStore } from '../read/project/store.js';
import { tables } from '../read/project/tables.js';
import type { Cell, Row, RowBuffer, TableName } from '../read/project/tables.js';
import type { Checkpoint, MessageSink, OutMessage } from '../outputs/index.js';
import type { Surroundings } from './disk.js';
import type { Life } from './scheduler.js';

/** What an armed fault of an output does to the next write: it does not happen, or happens unheard. */
export type OutputFault = 'refused' | 'lost-answer';

/** Broker's side of the outputs: everything published, in order, and the publisher's checkpoint. */
export class Published {
  readonly messages: OutMessage[] = [];
  armed: OutputFault | undefined;
  private position = 0;

  constructor(
    private readonly world: Surroundings,
    private readonly onMessage: (message: OutMessage) => void,
  ) {}

  sink(life: Life): MessageSink {
    const { time } = this.world;
    return {
      start: () => time.soon(life),
      stop: () => time.soon(life),
      send: async (messages) => {
        await time.soon(life);
        const fault = this.armed;
        this.armed = undefined;
        if (fault === 'refused') throw new Error('the broker is away');
        for (const message of messages) {
          this.messages.push(message);
          this.onMessage(message);
        }
        await time.soon(life);
        if (fault === 'lost-answer') throw new Error('the broker did not answer');
      },
    };
  }

  checkpoint(life: Life): Checkpoint {
    const { time } = this.world;
    return {
      load: async () => {
        await time.soon(life);
        return this.position;
      },
      save: async (position) => {
        await time.soon(life);
        this.position = Math.max(this.position, position);
        await time.soon(life);
      },
    };
  }
}

/** The read model's database: tables that take a transaction whole or not at all. */
export class ReadTables {
  checkpoint: ReadCheckpoint & { readonly batches: number } = {
    position: 0,
    batches: 0,
    hash: '0'.repeat(64),
  };
  armed: OutputFault | undefined;
  private readonly rows = new Map<TableName, Map<string, Row>>();

  constructor(private readonly world: Surroundings) {}

  store(life: Life): ReadStore {
    const { time } = this.world;
    return {
      commit: async (from, to, buffer) => {
        await time.soon(life);
        const fault = this.armed;
        this.armed = undefined;
        if (fault === 'refused') throw new Error('the database is away');
        if (this.checkpoint.position !== from) throw new ReadModelTaken(from);
        this.take(buffer);
        this.checkpoint = to;
        await time.soon(life);
        if (fault === 'lost-answer') throw new Error('the line broke: outcome unknown');
      },
      end: () => Promise.resolve(),
    };
  }

  /** Adds the rows of a transaction. A fact that is there already is a mistake, as its key would be in Postgres. */
  take(buffer: RowBuffer): void {
    for (const name of Object.keys(tables) as TableName[]) {
      const { key, columns, mode } = tables[name];
      const of = this.of(name);
      for (const row of buffer.rowsOf(name)) {
        const id = key.map((column) => text(row[columns.indexOf(column)])).join('|');
        if (mode === 'append' && of.has(id)) throw new Error(`${name} has a row ${id} already`);
        of.set(id, row);
      }
    }
  }

  of(name: TableName): Map<string, Row> {
    let rows = this.rows.get(name);
    if (!rows) this.rows.set(name, (rows = new Map()));
    return rows;
  }

  /** Every row as text, sorted: equal tables give equal texts. */
  dump(): string[] {
    const lines = [...this.rows].flatMap(([name, rows]) =>
      [...rows].map(([id, row]) => `${name} ${id}: ${row.map(text).join(' ')}`),
    );
    return lines.sort();
  }
}

function text(cell: Cell): string {
  return typeof cell === 'object' ? JSON.stringify(cell.json) : String(cell);
}
