/*
 * How an operator writes what the library calls by the name of an option: for warnings and errors. It must never leave a name of the
 * library in a text of the program.
 */
import { limits } from './limits.ts';

const places: Readonly<Record<string, string>> = {
  host: '[faktory] binding',
  port: '[faktory] binding',
  backups: '[backups] every, keep',
  statsd: '[statsd]',
  openToNetwork: '--skip-password',
  ...Object.fromEntries(limits.map(({ name, option }) => [option, `[limits] ${name}`])),
};

/** An option as its key in the TOML files, else as its flag. */
export function asWritten(option: string): string {
  return places[option] ?? `--${option}`;
}

/** A text of the library in the words of the program. */
export function inWordsOfProgram(text: string): string {
  return text
    .replace('openToNetwork: true lets', '--skip-password (or FAKTORY_SKIP_PASSWORD=1) lets')
    .replace(', or as tls: { ca }', ', or with --tls-ca')
    .replace(', or as tls: { servername }', '')
    .replace(', or give tls: { cert, key }', ', or with --tls-cert and --tls-key');
}
