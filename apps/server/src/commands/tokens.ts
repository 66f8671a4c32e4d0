/**
 * `faktory tokens`: lists, makes and revokes tokens, in the data folder; a running server notices.
 * A secret is printed once, by the command that makes it, alone on standard output, so that a
 * script can store it.
 */
import { userInfo } from 'node:os';
import { FaktoryError } from '@faktory-ts/protocol';
import {
  type DataFolder,
  type FeatureRight,
  type Logger,
  type Token,
  TokenFile,
  tokenRights,
} from '@faktory-ts/server';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import { folderFlags, folderOf, withHint } from './data-folder.ts';
import { table } from './table.ts';
import { fromNow, jsonText, plain } from './words.ts';

/** The text about scopes for the help, including those of features. */
export function scopesText(rights: readonly FeatureRight[]): string {
  const scopes = rights.map(({ name }) => (name === 'fetch' ? 'fetch, fetch:QUEUE,QUEUE' : name));
  const width = Math.max(8, ...rights.map(({ name }) => name.length + 1));
  const lines = rights.map(({ name, describe }) => `  ${name.padEnd(width)}  ${describe}`);
  const last = scopes.pop();
  return `A scope is ${scopes.join(', ')} or ${last}, or several joined with +:\n${lines.join('\n')}`;
}

const more = `${scopesText(tokenRights)}

  faktory tokens add shop --scope push
  faktory tokens add mailer --scope push+fetch:mail,bulk
  faktory tokens revoke shop

Clients: tcp://NAME:SECRET@HOST:7419. HTTP: "Authorization: Bearer NAME:SECRET". A running server applies a change within two seconds, and
closes the connections of a revoked token.

With --url the command uses a running server, with admin rights: it lists, revokes, and prints where to add tokens. A secret is never
sent over the network.`;

/** Lists, makes and revokes tokens. */
export const tokens = command<'dir' | ServerFlag | 'scope' | 'json'>({
  name: 'tokens',
  synopsis: '[add NAME --scope SCOPE | revoke NAME]',
  describe: 'lists, makes and revokes tokens: secrets for clients with limited rights',
  flags: {
    ...folderFlags,
    ...serverFlags,
    url: { value: 'URL', describe: 'the running server, instead of a data folder' },
    scope: { value: 'SCOPE', describe: 'what the new token may do' },
    json: { describe: 'print the result as JSON' },
  },
  words: [0, 2],
  more,
  async run(call) {
    const [act, name] = call.words;
    if (act !== undefined && !(['add', 'revoke'].includes(act) && name !== undefined)) throw usage();
    if (call.value('url') !== undefined) return byServer(call, act, name);
    const who = userInfo().username; // before it becomes the folder's owner
    // Only a named folder may be made: a secret in a folder without a server would never work.
    const named = call.value('dir') !== undefined;
    const folder = withHint(call, () => folderOf(call, act === 'add' && named ? 'may be made' : 'refuse'));
    const file = new TokenFile(folder.dir, who, noted(call));
    if (act === undefined) list(call, file.list());
    else if (act === 'add' && name !== undefined) add(call, file, name);
    else if (act === 'revoke' && name !== undefined) revoke(call, file, name);
    else throw usage();
    if (act !== undefined) call.terminal.note(`the tokens are in ${whereOf(folder)}`);
  },
});

const usage = (): FaktoryError =>
  new FaktoryError('CONFIG', 'write faktory tokens, tokens add NAME --scope SCOPE, or tokens revoke NAME');

/** Uses the server of --url. */
async function byServer(call: Call<'dir' | ServerFlag | 'json'>, act?: string, name?: string): Promise<void> {
  if (call.value('dir') !== undefined)
    throw new FaktoryError('CONFIG', 'give --url for a running server, or -d for a data folder, not both');
  await withServer(call, async (server) => {
    if (act === 'revoke') {
      await server.revokeToken(name ?? '');
      revoked(call, name ?? '');
      return;
    }
    const { dir, hostname, tokens: known } = await server.tokens();
    const where = `${plain(dir)} on ${plain(hostname)}`;
    if (act === 'add') {
      const text = `a secret is not sent over the network; add the token on that machine: faktory tokens add ${name} --scope SCOPE -d DIR, where DIR is ${where}`;
      throw new FaktoryError('UNSUPPORTED', text);
    }
    list(call, known);
    call.terminal.note(`the tokens are in ${where}, which this server uses`);
  });
}

/** Prints problems besides the change itself, such as an audit log that cannot be written. */
function noted({ terminal }: Call): Logger {
  const note = (text: string): void => terminal.note(text);
  return { debug() {}, info() {}, warn: note, error: note };
}

/** The place of the tokens, and whether a server uses it. */
function whereOf(folder: DataFolder): string {
  try {
    folder.checkFree();
    return `${folder.dir}, which no server uses now; if your server has another data folder, name it with -d`;
  } catch (error) {
    if (!(error instanceof FaktoryError) || error.code !== 'LOCKED') throw error;
    return `${folder.dir}, which a running server uses`;
  }
}

function list(call: Call<'json'>, all: readonly Token[]): void {
  const { terminal } = call;
  if (call.on('json')) {
    terminal.print(
      jsonText(
        all.map(({ name, scope, made }) => ({ name, scope, made })),
        2,
      ),
    );
    return;
  }
  const rows = all.map(({ name, scope, made }) => [name, scope, fromNow(made)]);
  if (rows.length === 0) terminal.note('there are no tokens');
  else terminal.print(table(terminal, ['NAME', 'SCOPE', 'MADE'], rows));
}

function add(call: Call<'scope' | 'json'>, file: TokenFile, name: string): void {
  const scope = call.value('scope');
  if (scope === undefined) throw new FaktoryError('CONFIG', 'a token needs --scope: what it may do');
  const secret = file.add(name, scope);
  call.terminal.print(call.on('json') ? jsonText({ name, scope, secret }) : secret);
  call.terminal.note(`token ${name} was made; its secret is above and will not be shown again`);
}

function revoke(call: Call<'json'>, file: TokenFile, name: string): void {
  if (!file.revoke(name)) throw new FaktoryError('NOT_FOUND', `there is no token ${name}`);
  revoked(call, name);
}

function revoked({ terminal, on }: Call<'json'>, name: string): void {
  if (on('json')) terminal.print(jsonText({ revoked: name }));
  terminal.note(`token ${name} is revoked`);
}
