/**
 * Decides whether a job with a large document matches a search, in pieces of the text: one job of 8 MB of
 * escapes takes 0.2 s, and other searches must not wait for it. The result is the one of `decision`.
 */
import { type StoredJob, storedJob, textStream } from '@faktory-ts/protocol';
import type { FindAsk } from '../../engine.ts';
import { fewEscapesFrom } from './escapes.ts';
import { decision, type Texts } from './matching.ts';
import type { Pieces } from './pieces.ts';

/** UTF-16 units of a text that are read at once. A document with more of them is large. */
export const PIECE = 256 * 1024;

type Needle = ReturnType<typeof textStream>;

/** Returns the function that decides about a large job. Undefined: every candidate matches. */
export function largeDecision(ask: FindAsk, piece = PIECE): ((row: Texts) => Pieces<boolean>) | undefined {
  const { jobtypes, text, search } = ask;
  const byFailure = decision({ ...ask, jobtypes: undefined, text: undefined, search: undefined });
  const byDocument = jobtypes !== undefined || text !== undefined || search !== undefined;
  if (!byFailure && !byDocument) return undefined;
  const wanted = jobtypes && new Set(jobtypes);
  const [forText, forSearch] = [text, search].map((each) => (each === undefined ? [] : needlesOf(each)));
  return function* (row) {
    if (byFailure && !byFailure(row)) return false;
    if (!byDocument) return true;
    const { jid, jobtype, args } = yield* largeJob(row.document, piece);
    if (wanted && !wanted.has(jobtype)) return false;
    if (forText?.length && !(yield* contains(args, forText, piece))) return false;
    if (!forSearch?.length || jid.includes(search ?? '')) return true;
    return yield* contains(args, forSearch, piece);
  };
}

/** The text as it stands in arguments, and as JSON writes it when that is different. */
function needlesOf(text: string): Needle[] {
  const quoted = JSON.stringify(text).slice(1, -1);
  return (quoted === text ? [text] : [text, quoted]).map(textStream);
}

function* contains(args: string, [plain, quoted]: readonly Needle[], piece: number): Pieces<boolean> {
  if (!plain) return true;
  const find = plain();
  for (let at = 0; at < args.length; at += piece) {
    if (find(args.slice(at, at + piece)) >= 0) return true;
    yield;
  }
  if (!args.includes('\\')) return false;
  const finds = [plain(), ...(quoted ? [quoted()] : [])];
  for (let at = 0; at < args.length; ) {
    const { text, end } = fewEscapesFrom(args, at, Math.min(at + piece, args.length));
    for (const one of finds) if (one(text) >= 0) return true;
    at = end;
    yield;
  }
  return false;
}

const HEAD = /^\{"retry":-?\d+/;
const CUSTOM = ',"custom":';

/** Reads a large document as `storedJob` does, but `custom`, which may be the largest part, is left out. */
export function* largeJob(document: string, piece = PIECE): Pieces<StoredJob> {
  const head = HEAD.exec(document)?.[0] ?? '';
  if (head === '' || !document.startsWith(`${CUSTOM}{`, head.length)) return storedJob(document);
  const end = yield* objectEnd(document, head.length + CUSTOM.length, piece);
  return storedJob(head + document.slice(end));
}

const [QUOTE, BACKSLASH, OPEN, CLOSE] = [0x22, 0x5c, 0x7b, 0x7d];

/** Returns where the object that starts at `from` ends. The text must be valid JSON. */
function* objectEnd(json: string, from: number, piece: number): Pieces<number> {
  let [depth, inText] = [0, false];
  let pause = from + piece;
  for (let at = from; at < json.length; at++) {
    if (at >= pause) {
      pause = at + piece;
      yield;
    }
    const unit = json.charCodeAt(at);
    if (unit === QUOTE) inText = !inText;
    else if (inText && unit === BACKSLASH) at++;
    else if (!inText && unit === OPEN) depth++;
    else if (!inText && unit === CLOSE && --depth === 0) return at + 1;
  }
  return json.length;
}
