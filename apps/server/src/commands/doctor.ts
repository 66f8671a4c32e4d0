/**
 * `faktory doctor`: checks this machine, its configuration, its data folder and its server. For
 * each problem it prints advice, and exits with 1. It reads the configuration as a server with the
 * same flags would.
 */
import { resolve } from 'node:path';
import { resolveServers, type ServerAddress } from '@faktory-ts/client';
import { FaktoryError, type Info, type Readiness } from '@faktory-ts/protocol';
import { becomeOwner } from '../become-owner.ts';
import type { Config } from '../config.ts';
import type { Flags } from '../flags.ts';
import { usualFolders } from '../folders.ts';
import * as checks from './checks.ts';
import { type Call, command } from './command.ts';
import { type ServerFlag, serverFlags, withServer } from './connect.ts';
import type { Finding } from './finding.ts';
import { permissions } from './secret-files.ts';
import { paint } from './table.ts';
import { counted, jsonText, plain } from './words.ts';

type Names =
  | ServerFlag
  | 'dir'
  | 'config'
  | 'environment'
  | 'bind'
  | 'web'
  | 'disk-reserve'
  | 'max-connections'
  | 'json';

export const doctor = command<Names>({
  name: 'doctor',
  synopsis: '',
  describe: 'checks disk, clock, limits, configuration, store and server, and gives advice',
  flags: {
    ...serverFlags,
    dir: { alias: 'd', value: 'DIR', describe: 'data folder', normal: "the server's" },
    config: { alias: 'c', value: 'DIR', describe: 'configuration folder', normal: "the server's" },
    environment: {
      alias: 'e',
      value: 'NAME',
      describe: 'development, staging or production',
      normal: 'FAKTORY_ENV',
    },
    bind: {
      alias: 'b',
      value: 'ADDRESS',
      describe: 'the value that the server uses',
      normal: "the server's",
    },
    web: { alias: 'w', value: 'ADDRESS', describe: 'the value that the server uses', normal: "the server's" },
    'disk-reserve': { value: 'BYTES', describe: 'the value that the server uses', normal: "the server's" },
    'max-connections': {
      value: 'NUMBER',
      describe: 'the value that the server uses',
      normal: "the server's",
    },
    json: { describe: 'print the findings as JSON' },
  },
  more: 'Checks a server only when --url, FAKTORY_URL or FAKTORY_PROVIDER names one; its health by HTTP on the same host and the port of -w (default: 7420). Exits with 1 when something is wrong.',
  async run(call) {
    const read = configurationOf(call);
    // before root becomes the owner: only root may read its certificates
    const server = await ofServer(call, read.config);
    // also before: the owner may not be able to read the files of DNS
    const figures = await checks.statsd(read.config);
    const machine = [checks.node(), ...onMachine(call, read), ...figures];
    const findings = [...machine, ...server.filter((one) => !isKnown(one, machine))];
    const { terminal } = call;
    if (call.on('json')) terminal.print(jsonText(findings, 2));
    else for (const finding of findings) terminal.print(lineOf(call, finding));
    const wrong = findings.filter(({ level }) => level === 'wrong').length;
    if (wrong > 0) throw new FaktoryError('ERR', `${counted(wrong, 'finding')} to fix`);
  },
});

/**
 * Reports one cause once: a certificate that is expired or not yet valid on this machine explains
 * why the server is refused.
 */
function isKnown({ what, told }: Finding, machine: readonly Finding[]): boolean {
  const expired = machine.some((one) => one.what === 'certificate' && one.level === 'wrong');
  return expired && what === 'server' && EXPIRED.test(told);
}

const EXPIRED = /certificate (?:has expired|is not valid yet)/;

const asTheServer = [
  'dir',
  'config',
  'environment',
  'bind',
  'web',
  'disk-reserve',
  'max-connections',
] as const;

function configurationOf(call: Call<Names>): ReturnType<typeof checks.configuration> {
  const flags: Flags = {};
  for (const name of asTheServer) {
    const value = call.value(name);
    if (value !== undefined) flags[name] = value;
  }
  return checks.configuration(flags, call.terminal.env);
}

function onMachine(
  call: Call<Names>,
  { findings, config }: ReturnType<typeof checks.configuration>,
): Finding[] {
  const { env } = call.terminal;
  const [dir, folder, environment] = [call.value('dir'), call.value('config'), call.value('environment')];
  const usual = usualFolders(environment ?? env.FAKTORY_ENV ?? 'development', () => env.HOME ?? '');
  const sqlite = checks.sqlite();
  const data = config?.server.dir ?? (dir === undefined ? undefined : resolve(dir));
  if (data === undefined) return [sqlite, ...findings];
  const rights = permissions(folder ?? usual.config, data);
  const refused = asOwner(data);
  if (refused) return [sqlite, ...findings, ...rights, refused];
  const closed = checks.closed(data);
  if (closed.length > 0) return [sqlite, ...findings, ...rights, ...closed];
  const disk = checks.disk(data, config?.server.diskReserve ?? 0);
  // One finding for one cause: without SQLite, or in a folder that is not writable, the store is
  // not checked.
  const readable =
    sqlite.level === 'ok' && !disk.some(({ what, level }) => what === 'folder' && level === 'wrong');
  const plan = config?.server.backups;
  return [
    sqlite,
    ...findings,
    ...rights,
    ...disk,
    ...checks.lock(data),
    ...(readable ? checks.store(data) : []),
    ...checks.tokens(data),
    ...checks.backups(data, plan ? (plan.every ?? 3_600_000) : undefined),
    ...checks.descriptors(config?.server.maxConnections ?? 2000),
  ];
}

/**
 * Makes root become the user who controls the folder, as the server does. What prevents that is a
 * finding.
 */
function asOwner(dir: string): Finding | undefined {
  try {
    becomeOwner(dir, { missing: 'refuse' });
    return undefined;
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    if (error.code === 'NOT_FOUND') return checks.missing(dir);
    return { level: 'wrong', what: 'folder', told: error.message };
  }
}

async function ofServer(call: Call<Names>, config: Config | undefined): Promise<Finding[]> {
  const { env } = call.terminal;
  const named = call.value('url') ?? env.FAKTORY_URL ?? env.FAKTORY_PROVIDER;
  const asked = Date.now();
  if (named === undefined) {
    call.terminal.note('no server was checked; name it with --url, and its HTTP address with -w');
    return [checks.clock(undefined, asked, asked)];
  }
  let info: Info;
  let began = asked;
  try {
    info = await withServer(call, async (server) => {
      await server.extended(); // connected: what comes now takes one round trip
      began = Date.now();
      return server.info();
    });
  } catch (error) {
    if (!(error instanceof FaktoryError)) throw error;
    return [unreachable(error), checks.clock(undefined, asked, asked)];
  }
  const answered = Date.now();
  const { server } = info;
  const told = `answers, ${server.name ?? server.description} ${server.version ?? server.faktory_version}`;
  const [address] = resolveServers({ url: call.value('url') }, env);
  return [
    { level: 'ok', what: 'server', told },
    ...(address ? openTo(address) : []),
    ...(address ? await health(address, config) : []),
    checks.clock(info, began, answered),
  ];
}

/** Reports a server that accepted this client without a password. */
function openTo({ host, password, tls }: ServerAddress): Finding[] {
  if (password !== undefined || tls || /^(localhost|127\..*|::1)$/.test(host)) return [];
  const told = `open to the world: the server at ${host} asked for no password`;
  return [{ level: 'wrong', what: 'password', told, advice: 'start it with FAKTORY_PASSWORD' }];
}

/** Reads the server's own health. When its HTTP address cannot be reached, says how to name it. */
async function health({ host }: ServerAddress, config: Config | undefined): Promise<Finding[]> {
  if (!config) return []; // another finding says why
  if (!config.web) return notAsked('HTTP is disabled in this configuration');
  const [scheme, port] = [config.server.tls ? 'https' : 'http', config.web.port];
  const at = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/health/ready`;
  if (config.server.tls) return notAsked('doctor does not use HTTPS', `ask it with curl: ${at}`);
  let ready: Readiness;
  try {
    ready = (await (await fetch(at, { signal: AbortSignal.timeout(5000) })).json()) as Readiness;
    if (typeof ready.checks !== 'object') return notAsked(`${at} is no server of Faktory`);
  } catch {
    // HTTP is disabled, on another port, or behind a proxy
    return notAsked(`${at} does not answer`);
  }
  const ill = Object.entries(ready.checks).filter(([, told]) => told !== 'ok');
  const findings = ill.map(
    ([what, told]): Finding => ({ level: 'wrong', what: 'health', told: `${what}: ${told}` }),
  );
  if (ready.backups?.failed) {
    const advice = 'see the log of the server; free disk space, or correct the folder of backups';
    findings.push({ level: 'wrong', what: 'health', told: 'the last backup failed', advice });
  }
  return findings.length > 0 ? findings : [{ level: 'ok', what: 'health', told: `${at} says ready` }];
}

const NAME_WEB =
  'name the HTTP address of the server with -w, the value that the server uses (-w localhost:7420)';

function notAsked(why: string, advice = NAME_WEB): Finding[] {
  return [{ level: 'warn', what: 'health', told: `unknown, because ${why}`, advice }];
}

/** The advice for each cause of an unreachable server. */
function unreachable({ code, message, cause }: FaktoryError): Finding {
  const inner = `${message} ${String((cause as Error | undefined)?.message ?? '')}`;
  const advice =
    code === 'AUTH'
      ? 'correct the password in FAKTORY_URL: tcp://:PASSWORD@HOST:7419'
      : EXPIRED.test(message)
        ? 'put the renewed pair in its place and send HUP to the server'
        : code === 'TLS' || code === 'PROTOCOL'
          ? undefined // the message says what to do
          : /nothing listens there/.test(message)
            ? undefined // the message says what to do
            : /ENOTFOUND|EAI_AGAIN/.test(inner)
              ? 'the host name is unknown: correct it or the DNS'
              : /ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|in \d+ ms/.test(inner)
                ? 'no answer: check the address, and firewalls in between'
                : 'see the log of the server';
  return { level: 'wrong', what: 'server', told: message, ...(advice && { advice }) };
}

const marks = { ok: ['green', 'ok   '], warn: ['yellow', 'warn '], wrong: ['red', 'WRONG'] } as const;

function lineOf({ terminal }: Call, { level, what, told, advice }: Finding): string {
  const [colour, mark] = marks[level];
  const line = `${paint(terminal, colour, mark)}  ${what.padEnd(13)}  ${plain(told)}`;
  return advice === undefined ? line : `${line}\n       ${''.padEnd(13)}  → ${plain(advice)}`;
}
