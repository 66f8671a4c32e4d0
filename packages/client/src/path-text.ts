/** Writes the path to a value in a job's arguments: `args[1].user["first name"]`. */

/** The path from `start` through these keys, at most the outermost ten. */
export function pathText(start: string, keys: readonly PropertyKey[]): string {
  const text = start + keys.slice(0, mostKeys).map(keyText).join('');
  return keys.length > mostKeys || text.length > longest ? `${text.slice(0, longest)}…` : text;
}

const longest = 200; // characters
const mostKeys = 10;

function keyText(key: PropertyKey): string {
  if (typeof key === 'number' || /^\d+$/.test(String(key))) return `[${String(key)}]`;
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(String(key))
    ? `.${String(key)}`
    : `[${JSON.stringify(String(key))}]`;
}
