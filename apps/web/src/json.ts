/**
 * Parses JSON without loss: numbers keep their digits, strings their escapes, and an error has its
 * line and column. Pure.
 *
 * Note: JSON.parse is not used, because it rounds large numbers, and its error texts differ by
 * browser and are in English only.
 */

/** A parsed value with its source text. */
export type JsonNode =
  | { kind: 'object'; entries: readonly JsonEntry[] }
  | { kind: 'array'; items: readonly JsonNode[] }
  /** `source` is the original text; of a string, with its quotes. */
  | { kind: 'string' | 'number' | 'boolean' | 'null'; source: string };

/** A member of an object; `source` is the original text of its key, with quotes. */
type JsonEntry = readonly [key: string, value: JsonNode, source: string];

/** The kinds of mistakes: keys of the texts in words/en/parts.ts. */
export type JsonMistake = 'end' | 'value' | 'comma' | 'colon' | 'key' | 'string' | 'number' | 'more' | 'deep';

/** The first mistake in a text that is not JSON. */
export class JsonProblem extends Error {
  readonly mistake: JsonMistake;
  /** Position in the text, from 0. */
  readonly at: number;
  /** From 1. */
  readonly line: number;
  readonly column: number;

  constructor(mistake: JsonMistake, text: string, at: number) {
    const lines = text.slice(0, at).split('\n');
    const column = (lines.at(-1)?.length ?? 0) + 1;
    super(`${mistake} at line ${lines.length}, column ${column}`);
    this.mistake = mistake;
    this.at = at;
    this.line = lines.length;
    this.column = column;
  }
}

const deepest = 200;
const blank = /[ \t\n\r]*/y;
const stringToken = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /true|false|null/y;

class Reader {
  private at = 0;

  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  whole(): JsonNode {
    const node = this.value(0);
    this.skip();
    if (this.at < this.text.length) this.fail('more');
    return node;
  }

  private fail(mistake: JsonMistake): never {
    throw new JsonProblem(this.at >= this.text.length ? 'end' : mistake, this.text, this.at);
  }

  private skip(): void {
    blank.lastIndex = this.at;
    blank.test(this.text);
    this.at = blank.lastIndex;
  }

  private token(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private takes(sign: string): boolean {
    this.skip();
    if (this.text[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  private value(depth: number): JsonNode {
    if (depth > deepest) this.fail('deep');
    this.skip();
    const first = this.text[this.at] ?? '';
    if (this.takes('{')) return { kind: 'object', entries: this.list('}', () => this.entry(depth)) };
    if (this.takes('[')) return { kind: 'array', items: this.list(']', () => this.value(depth + 1)) };
    if (first === '"') return { kind: 'string', source: this.token(stringToken) ?? this.fail('string') };
    if (/[-\d]/.test(first)) return this.number();
    const source = this.token(wordToken) ?? this.fail('value');
    return { kind: source === 'null' ? 'null' : 'boolean', source };
  }

  private number(): JsonNode {
    const source = this.token(numberToken) ?? this.fail('number');
    if (/[\w.+-]/.test(this.text[this.at] ?? '')) this.fail('number');
    return { kind: 'number', source };
  }

  private entry(depth: number): JsonEntry {
    this.skip();
    if (this.text[this.at] !== '"') this.fail('key');
    const source = this.token(stringToken) ?? this.fail('string');
    if (!this.takes(':')) this.fail('colon');
    return [JSON.parse(source) as string, this.value(depth + 1), source];
  }

  private list<T>(end: string, one: () => T): T[] {
    const found: T[] = [];
    if (this.takes(end)) return found;
    for (;;) {
      found.push(one());
      if (this.takes(end)) return found;
      if (!this.takes(',')) this.fail('comma');
    }
  }
}

/** Parses a JSON text. Throws {@link JsonProblem}. */
export function readJson(text: string): JsonNode {
  return new Reader(text).whole();
}

const membersToken = /"(?:[^"\\]+|\\.)*"|[{}[\]:,]|[^"{}[\]:,\s]+/gs;

/**
 * The members of an object, each as its original text, at any depth. The text must be valid JSON.
 */
export function membersOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let depth = 0;
  let key = '';
  let start = -1; // of the value; -1: a key follows
  for (const { 0: token, index } of text.matchAll(membersToken)) {
    if (token === '}' || token === ']') depth--;
    const ends = token === '}' ? depth === 0 : token === ',' && depth === 1;
    if (ends && start >= 0) {
      found.set(key, text.slice(start, index).trim());
      start = -1;
    } else if (token === ':' && depth === 1) start = index + 1;
    else if (depth === 1 && start < 0 && token.startsWith('"')) key = JSON.parse(token) as string;
    if (token === '{' || token === '[') depth++;
  }
  return found;
}

/** Formats JSON with line breaks; text that is not JSON, or too deep, stays as it is. */
export function laidOut(text: string): string {
  try {
    return prettyJson(readJson(text));
  } catch {
    return text; // the field shows the mistake
  }
}

/** Writes a parsed value with line breaks and indents; numbers and escapes stay as they were. */
export function prettyJson(node: JsonNode, indent = ''): string {
  const inner = `${indent}  `;
  if (node.kind === 'array') {
    if (node.items.length === 0) return '[]';
    return `[\n${node.items.map((item) => inner + prettyJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (node.kind === 'object') {
    if (node.entries.length === 0) return '{}';
    const lines = node.entries.map(([, value, source]) => `${inner}${source}: ${prettyJson(value, inner)}`);
    return `{\n${lines.join(',\n')}\n${indent}}`;
  }
  return node.source;
}
