/**
 * Tests that every `sh` command of the documents works as written, in order, on a machine that is
 * set up as the document says. The machine is made of private namespaces (docs/machine.sh), so
 * nothing outside of it changes.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { endAll, freshFolder } from './program.ts';
import { aside, double, length, listed, rdb, string, value } from './rdb-writer.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : []));

const documents = [
  'README.md',
  ...markdownIn('docs'),
  'apps/server/README.md',
  ...readdirSync(join(root, 'packages')).flatMap((name) => markdownIn(`packages/${name}`)),
];

/** Commands that cannot run here. */
const left: readonly { document: string; command: string; because: string }[] = [
  {
    document: 'README.md',
    command: 'npm start',
    because: 'it installs and builds; apps/demo/test/start.test.ts runs it',
  },
  { document: 'README.md', command: 'npm test', because: 'it is what runs this test' },
];

interface Block {
  readonly document: string;
  /** The heading above it. */
  readonly section: string;
  readonly text: string;
}

const withoutComment = (line: string): string => line.replace(/\s+#\s.*/, '');

function blocksOf(document: string): Block[] {
  const blocks: Block[] = [];
  let section = '';
  for (const [, heading, language, text = ''] of read(document).matchAll(
    /^#+ ([^\n]*)$|^```(\w*)[^\n]*\n(.*?)^```$/gms,
  )) {
    if (heading !== undefined) section = heading;
    else if (language === 'sh') blocks.push({ document, section, text });
  }
  return blocks;
}

const blocks = documents.flatMap(blocksOf);
const skipped = (document: string, line: string): boolean =>
  left.some((one) => one.document === document && one.command === withoutComment(line));

interface Machine {
  readonly document: string;
  /** Only the blocks below these headings; default: all. */
  readonly sections?: readonly string[];
  /** Commands that set up what the document assumes. */
  readonly before?: string;
  /** Commands that check the result. */
  readonly after?: string;
  /** Further files in the folder /opt/doc. */
  readonly files?: Record<string, string | Buffer>;
}

const job = (jid: string, more = {}): Buffer =>
  string(JSON.stringify({ jid, jobtype: 'SendEmail', args: [jid], queue: 'default', ...more }));
const failed = { retry_count: 1, message: 'timeout', errtype: 'Error', failed_at: '2026-11-01T00:00:00Z' };
const faktory1x = rdb(9, [
  aside(0xfe, 0),
  value(2, 'queues', listed([string('default')])),
  value(1, 'q:default', listed([job('from-the-queue-1')])),
  value(5, 'retries', length(1), job('from-retries-1', { retry: 5, failure: failed }), double(4_000_000_000)),
]);

const machines: Record<string, Machine> = {
  'a machine with a server': { document: 'README.md', before: 'serve' },
  'a machine with a Faktory 1.x': {
    document: 'docs/operating.md',
    files: { 'faktory-1x.rdb': faktory1x },
    before:
      'mkdir /etc/faktory; echo 0123456789abcdef >/etc/faktory/password; chmod 600 /etc/faktory/password',
    after: `[ "$(cat /etc/faktory/password)" = 0123456789abcdef ]
      faktory jobs search from-the-queue-1 --json | grep -q from-the-queue-1
      faktory doctor -e production -b 0.0.0.0:7419 -w 0.0.0.0:7420
      [ "$(find /var/lib/faktory ! -user faktory)" = '' ]`,
  },
  'a fresh machine': {
    document: 'docs/operating.md',
    sections: ['Install it'],
    after: `grep -qE '^[0-9a-f]{32}$' /etc/faktory/password
      [ "$(stat -c '%U %a' /etc/faktory/password /var/lib/faktory/db)" = $'root 640\\nfaktory 700' ]
      [ "$(find /var/lib/faktory ! -user faktory)" = '' ]`,
  },
  'a machine with a server that has a password': {
    document: 'docs/ui.md',
    before: 'FAKTORY_PASSWORD=PASSWORD serve',
  },
  'a fresh machine for the program': { document: 'apps/server/README.md', sections: ['faktory-ts'] },
  'a machine with a server for its program': {
    document: 'apps/server/README.md',
    sections: ['Commands'],
    before: 'serve',
  },
  'a machine with the packages': {
    document: 'packages/worker/BUNDLING.md',
    before: 'ln -s /opt/faktory-ts/apps/demo/node_modules; cp /opt/doc/worker.ts .',
    files: { 'worker.ts': `export { Worker } from '@faktory-ts/worker';` },
    after: `[ "$(cd dist && echo *)" = 'heart-thread.mjs inside.mjs worker.mjs' ]
      node --input-type=module -e "await import('/root/checkout/dist/worker.mjs')"`,
  },
  'a machine with handlers': {
    document: 'packages/worker/README.md',
    before: 'serve; cp /opt/doc/handlers.ts .',
    files: {
      'handlers.ts':
        /^```ts\n(import type \{ JobContext \}.*?)^```$/ms.exec(read('packages/worker/README.md'))?.[1] ?? '',
    },
  },
};

const blocksFor = ({ document, sections }: Machine): Block[] =>
  blocks.filter((block) => block.document === document && (sections?.includes(block.section) ?? true));

/**
 * The script of a machine: one shell for all blocks, as a reader has, which ends at the first
 * failure.
 */
function scriptOf(machine: Machine): string {
  const parts = blocksFor(machine).map(({ document, text }) =>
    text
      .split('\n')
      .filter((line) => !skipped(document, line))
      .join('\n'),
  );
  return [
    'set -eE -o pipefail',
    `trap 'echo "@@failed: $BASH_COMMAND"' ERR`,
    machine.before ?? '',
    'set -v',
    ...parts,
    machine.after ?? '',
    'set +v',
    'echo "@@all done"',
  ].join('\n');
}

const running = new Set<ChildProcess>();

/** Runs a machine on a pseudo terminal, and answers the questions of its commands. */
async function run(machine: Machine): Promise<string> {
  const folder = freshFolder();
  writeFileSync(join(folder, 'run.sh'), scriptOf(machine));
  for (const [name, content] of Object.entries(machine.files ?? {}))
    writeFileSync(join(folder, name), content);
  const inside = [join(root, 'apps/server/test/docs/machine.sh'), root, process.execPath, folder];
  const command = `exec unshare --mount --net --pid --fork --kill-child --mount-proc bash ${inside.map((word) => `'${word}'`).join(' ')}`;
  const child = spawn('script', ['-qefc', command, '/dev/null']);
  running.add(child);
  let output = '';
  let answered = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    for (const [asked] of output.slice(answered).matchAll(/\[y\/N\] |\[\?1049h/g)) {
      answered = output.length;
      child.stdin.write(asked === '[y/N] ' ? 'y\r' : 'q'); // q leaves a full screen
    }
  });
  const status = await new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)));
  running.delete(child);
  return `${output.replaceAll('\r', '')}\n@@status ${status}`;
}

const tools = ['unshare', 'script', 'ip', 'setpriv', 'useradd', 'curl'];
const missing = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
const canUnshare =
  process.getuid?.() === 0 &&
  spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', 'true']).status === 0;
const possible = missing.length === 0 && canUnshare;
const must = Boolean(process.env.CI) && process.getuid?.() === 0;
if (!possible)
  console.warn(
    `SKIPPED: the commands of the documents need root, namespaces and ${tools.join(', ')}; missing: ${missing.join(', ') || 'rights'}`,
  );

beforeAll(() => {
  if (!possible) return;
  // The set-up builds the server; a document has the worker's program too.
  const code = `(await import('./scripts/prepare.mjs')).prepareOne('@faktory-ts/worker')`;
  const built = spawnSync(process.execPath, ['--input-type=module', '-e', `await ${code}`], { cwd: root });
  expect([built.status, String(built.stderr)]).toEqual([0, expect.anything()]);
}, 600_000);
afterAll(async () => {
  // A machine ends with its terminal, and all its processes with it.
  for (const child of running) child.kill('SIGKILL');
  await endAll();
});

it('every sh block of the documents runs on a machine', () => {
  const run = new Set(Object.values(machines).flatMap(blocksFor));
  expect(blocks.filter((block) => !run.has(block)).map(({ document, text }) => [document, text])).toEqual([]);
  expect(run.size).toBeGreaterThan(10);
});

it('each skipped command is still in its document', () => {
  const gone = left.filter(
    ({ document, command }) =>
      !blocksOf(document).some(({ text }) => text.split('\n').map(withoutComment).includes(command)),
  );
  expect(gone).toEqual([]);
});

const cases = Object.entries(machines).map(([name, machine]) => [machine.document, name, machine] as const);
it.skipIf(!possible && !must).concurrent.each(cases)(
  'the commands of %s work as they are written on %s',
  async (_document, _name, machine) => {
    const output = await run(machine);
    expect(output).toContain('@@all done\n\n@@status 0');
  },
  180_000,
);
