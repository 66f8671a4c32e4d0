/**
 * All checks of the options in one call, for programs that read them from files: it opens nothing.
 */
import { checkedHttp } from './http/app.ts';
import { type ServerOptions, type Settings, settle } from './options.ts';

/** The options with every default filled. Throws CONFIG, naming the option that cannot work. */
export function checkOptions(options: ServerOptions): Settings {
  const settings = settle(options);
  checkedHttp(options.http);
  return settings;
}
