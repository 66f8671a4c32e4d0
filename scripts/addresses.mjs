/** Finds the server's addresses from its log and its command line. */
import { readFileSync } from 'node:fs';

/**
 * The value of an option as the server parses it: `-b x`, `-b=x`, `--b x`, `--bind x`, `--bind=x`;
 * the last one wins.
 */
export function given(args, ...names) {
  const values = args.flatMap((arg, index) => {
    const [, name, value] = /^--?([a-z-]+)(?:=(.*))?$/.exec(arg) ?? [];
    return names.includes(name) ? [value ?? args[index + 1]] : [];
  });
  return values.at(-1);
}

/**
 * Reads the server's log: where it listens, its web address, and whether it needs a password.
 * Undefined while the log does not say that the server listens. Without a log, the command line is
 * used.
 */
export function factsIn(log, options) {
  if (log === undefined) {
    const web = given(options, 'w', 'web') ?? 'localhost:7420';
    return { ...reach(given(options, 'b', 'bind') ?? 'localhost:7419'), web, password: Boolean(password()) };
  }
  const binding = /listening at (\S+), press/.exec(log)?.[1];
  if (!binding) return undefined;
  const chosen = /port (\d+) was free/.exec(log)?.[1];
  const web = /http at ([^\s"]+)/.exec(log)?.[1] ?? ':0';
  return { ...reach(binding, chosen), web, password: log.includes('clients need the password') };
}

/** Host and port to connect to for the given binding; all interfaces become localhost. */
export function reach(binding, chosen) {
  const colon = binding.lastIndexOf(':');
  const host = binding.slice(0, colon);
  const local = ['', '0.0.0.0', '[::]'].includes(host);
  return { host: local ? 'localhost' : host, port: Number(chosen ?? binding.slice(colon + 1)) };
}

/** The URL for a client, with the password of the environment if it is set. */
export function urlOf({ host, port }) {
  const secret = password();
  return `tcp://${secret && `:${encodeURIComponent(secret)}@`}${host}:${port}`;
}

function password() {
  const said = process.env.FAKTORY_PASSWORD ?? '';
  return said.startsWith('/') ? readFileSync(said, 'utf8').trim() : said;
}
