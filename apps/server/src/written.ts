/**
 * Replaces names of library options in warnings and errors by the names that the operator uses in
 * TOML files and flags.
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

/** The key of an option in the TOML files, else its flag. */
export function asWritten(option: string): string {
  return places[option] ?? `--${option}`;
}

/** Replaces the library's words in a text. */
export function inWordsOfProgram(text: string): string {
  return text
    .replace('openToNetwork: true lets', '--skip-password (or FAKTORY_SKIP_PASSWORD=1) lets')
    .replace(', or as tls: { ca }', ', or with --tls-ca')
    .replace(', or as tls: { servername }', '')
    .replace(', or give tls: { cert, key }', ', or with --tls-cert and --tls-key');
}
