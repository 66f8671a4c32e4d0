/**
 * Reads rows of SQLite's own table of tables (`sqlite_schema`) from the bytes of one leaf page.
 * The format is that of https://sqlite.org/fileformat2.html, sections 1.6 and 2.1.
 */

/** Where a table or an index begins. */
export interface SchemaRow {
  readonly type: string;
  readonly name: string;
  /** The number of its first page. */
  readonly root: number;
}

const CELLS = 8; // offset of the cell pointers in a leaf page
const LONGEST = 200; // bytes of a row that are looked at: type, name, table and page are in them

/** Returns the rows; cells that are no such rows are left out, so any page may be given. */
export function schemaRows(page: Buffer): SchemaRow[] {
  const rows: SchemaRow[] = [];
  const count = page.readUInt16BE(3);
  for (let n = 0; n < count && CELLS + 2 * n + 2 <= page.length; n++) {
    const row = rowAt(page, page.readUInt16BE(CELLS + 2 * n));
    if (row) rows.push(row);
  }
  return rows;
}

function rowAt(page: Buffer, start: number): SchemaRow | undefined {
  const cell = new Cell(page.subarray(start, start + LONGEST));
  cell.number(); // bytes of the row
  cell.number(); // row id
  const header = cell.at;
  const body = header + cell.number();
  const [type, name, table, root] = [cell.number(), cell.number(), cell.number(), cell.number()];
  if (![type, name, table].every((serial) => serial > 13 && serial % 2 === 1)) return undefined; // texts
  if (root < 1 || root > 4) return undefined; // a whole number of as many bytes
  cell.at = body;
  const row = { type: cell.text(type), name: cell.text(name) };
  cell.text(table);
  return cell.fits(root) ? { ...row, root: cell.whole(root) } : undefined;
}

class Cell {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** A number of SQLite's variable length, as far as four bytes of it. */
  number(): number {
    let value = 0;
    for (let n = 0; n < 4; n++) {
      const byte = this.#bytes[this.at++] ?? 0;
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return 0;
  }

  /** The text of a column; `serial` is its type in the header of the row. */
  text(serial: number): string {
    const start = this.at;
    this.at += (serial - 13) / 2;
    return this.#bytes.toString('latin1', start, this.at);
  }

  fits(bytes: number): boolean {
    return this.at + bytes <= this.#bytes.length;
  }

  whole(bytes: number): number {
    return this.#bytes.readUIntBE(this.at, bytes);
  }
}
