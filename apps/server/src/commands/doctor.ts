/*
 * `faktory doctor`: is this machine, its configuration, its data folder and its server as they should be? For what is not, it says what
 * to do, and ends with 1. A stranger would get wrong that it reads the configuration as a server started with the same flags would.
 */
import { resolve } from 'node:path';
import { FaktoryError, type Info } from '@faktory-ts/protocol';
import { usualFolders } from '../folders.ts';
import * as checks from './checks.ts';
import { type Call, command } from './command.ts';
import { serverFlags, withServer } from './connect.ts';
import { paint } from './table.ts';
import { counted, jsonText, plain } from './words.ts';

type Names = 'url' | 'dir' | 'config' | 'environment' | 'json';

export const doctor = command<Names>({
  name: 'doctor',
  synopsis: '',
  describe: 'checks disk, clock, limits, configuration, store and server, and says what to do',
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
    json: { describe: 'print the findings as JSON' },
  },
  more: 'Asks a server only where --url, FAKTORY_URL or FAKTORY_PROVIDER names one. Ends with 1 when something is wrong.',
  async run(call) {
    const findings = [checks.node(), ...onMachine(call), ...(await ofServer(call))];
    const { terminal } = call;
    if (call.on('json')) terminal.print(jsonText(findings, 2));
    else for (const finding of findings) terminal.print(lineOf(call, finding));
    const wrong = findings.filter(({ level }) => level === 'wrong').length;
    if (wrong > 0) throw new FaktoryError('ERR', `${counted(wrong, 'finding')} to be put right`);
  },
});

function onMachine(call: Call<Names>): checks.Finding[] {
  const { env } = call.terminal;
  const [dir, config, environment] = [call.value('dir'), call.value('config'), call.value('environment')];
  const flags = { ...(dir && { dir }), ...(config && { config }), ...(environment && { environment }) };
  const read = checks.configuration(flags, env);
  const usual = usualFolders(environment ?? env.FAKTORY_ENV ?? 'development', () => env.HOME ?? '');
  const data = read.config?.server.dir ?? (dir === undefined ? undefined : resolve(dir));
  if (data === undefined) return read.findings;
  return [
    ...read.findings,
    ...checks.permissions(config ?? usual.config, data),
    ...checks.disk(data),
    ...checks.store(data),
    ...checks.descriptors(read.config?.server.maxConnections ?? 2000),
  ];
}

async function ofServer(call: Call<Names>): Promise<checks.Finding[]> {
  const { env } = call.terminal;
  const named = call.value('url') ?? env.FAKTORY_URL ?? env.FAKTORY_PROVIDER;
  const asked = Date.now();
  if (named === undefined) return [checks.clock(undefined, asked, asked)];
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
    const advice = 'is it running, is the address right, does a firewall stand between?';
    return [
      { level: 'wrong', what: 'server', told: error.message, advice },
      checks.clock(undefined, asked, asked),
    ];
  }
  const { server } = info;
  const told = `answers, ${server.name ?? server.description} ${server.version ?? server.faktory_version}`;
  return [{ level: 'ok', what: 'server', told }, checks.clock(info, began, Date.now())];
}

const marks = { ok: ['green', 'ok   '], warn: ['yellow', 'warn '], wrong: ['red', 'WRONG'] } as const;

function lineOf({ terminal }: Call, { level, what, told, advice }: checks.Finding): string {
  const [colour, mark] = marks[level];
  const line = `${paint(terminal, colour, mark)}  ${what.padEnd(13)}  ${plain(told)}`;
  return advice === undefined ? line : `${line}\n       ${''.padEnd(13)}  → ${plain(advice)}`;
}
