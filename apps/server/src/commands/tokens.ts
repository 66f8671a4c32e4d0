/*
 * `faktory tokens`: who may come in beside the password, and what each may do. It works on the data folder, and a running server notices.
 * A secret is printed once, by the command that makes it, alone on standard output: so a script can keep it.
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

/** The scopes for the help, features' own included. */
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

Clients: tcp://NAME:SECRET@HOST:7419. HTTP: "Authorization: Bearer NAME:SECRET". A running server follows within a second or two, and
ends the connections of a revoked token.

With --url it asks a running server, as its admin: lists, revokes, and says on which machine and in which folder to add. A secret is never
sent over the network.`;

/** Lists, makes and revokes tokens. */
export const tokens = command<'dir' | ServerFlag | 'scope' | 'json'>({
  name: 'tokens',
  synopsis: '[add NAME --scope SCOPE | revoke NAME]',
  describe: 'lists, makes and revokes tokens: secrets for clients that may do some things only',
  flags: {
    ...folderFlags,
    ...serverFlags,
    url: { value: 'URL', describe: 'the running server, in place of a data folder' },
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
    // A secret in a folder that no server uses would never work.
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

/** Asks the server that --url names. */
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

/** What goes wrong beside the change itself: an audit log that cannot be written. */
function noted({ terminal }: Call): Logger {
  const note = (text: string): void => terminal.note(text);
  return { debug() {}, info() {}, warn: note, error: note };
}

/** Where the tokens are, and whether a server follows them there. */
function whereOf(folder: DataFolder): string {
  try {
    folder.checkFree();
    return `${folder.dir}, which no server uses now; if yours has another data folder, name it with -d`;
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
  call.terminal.note(`token ${name} is made; its secret is above and is not shown again`);
}

function revoke(call: Call<'json'>, file: TokenFile, name: string): void {
  if (!file.revoke(name)) throw new FaktoryError('NOT_FOUND', `there is no token ${name}`);
  revoked(call, name);
}

function revoked({ terminal, on }: Call<'json'>, name: string): void {
  if (on('json')) terminal.print(jsonText({ revoked: name }));
  terminal.note(`token ${name} is revoked`);
}
