/**
 * Finds the address of StatsD: [statsd] of the TOML files, else DD_DOGSTATSD_URL, which Datadog's
 * agent sets. Namespace and tags come only from the files.
 */
import { FaktoryError } from '@faktory-ts/protocol';
import type { ServerOptions } from '@faktory-ts/server';
import type { ConfD } from './conf-d.ts';
import type { StatsdSettings } from './toml.ts';

const usualPort = 8125;

/** Returns the option of the server; undefined: no metrics are sent. Throws CONFIG. */
export function statsdOption(
  toml: StatsdSettings | undefined,
  url: string | undefined,
  source: ConfD['source'],
): ServerOptions['statsd'] {
  const location = toml?.location ?? (url ? fromUrl(url) : undefined);
  if (location === undefined) {
    if (toml === undefined) return undefined;
    throw new FaktoryError(
      'CONFIG',
      `${source('statsd')} needs location = "HOST:8125", or DD_DOGSTATSD_URL in the environment`,
    );
  }
  const [, host, port] = /^\[?([^\]:\s]+|[^\]\s]+(?=\]))\]?(?::(\d{1,5}))?$/.exec(location) ?? [];
  if (host === undefined || Number(port ?? usualPort) > 65_535) {
    const place = toml?.location === undefined ? 'DD_DOGSTATSD_URL' : source('statsd', 'location');
    throw new FaktoryError('CONFIG', `${place}: "${location}" is not an address; write HOST:8125`);
  }
  for (const tag of toml?.tags ?? []) checkTag(tag, source);
  if (toml?.namespace !== undefined && !/^[\w./-]*$/.test(toml.namespace)) {
    const rule = 'use letters, digits and _ - . /';
    throw new FaktoryError(
      'CONFIG',
      `${source('statsd', 'namespace')}: "${toml.namespace}" cannot be used; ${rule}`,
    );
  }
  return {
    host,
    port: Number(port ?? usualPort),
    ...(toml?.namespace !== undefined && { namespace: toml.namespace }),
    ...(toml?.tags && { tags: toml.tags }),
    ...(toml?.queueLatency && { queueLatency: toml.queueLatency }),
  };
}

function fromUrl(url: string): string {
  const [, location] = /^udp:\/\/(.+?)\/?$/.exec(url) ?? [];
  if (location !== undefined) return location;
  throw new FaktoryError('CONFIG', 'DD_DOGSTATSD_URL: only udp://HOST:PORT can be used');
}

function checkTag(tag: string, source: ConfD['source']): void {
  if (/^[a-zA-Z][\w:./-]*$/.test(tag)) return;
  const rule = 'a tag begins with a letter, then letters, digits and _ - : . / follow';
  throw new FaktoryError('CONFIG', `${source('statsd', 'tags')}: "${tag}" cannot be used; ${rule}`);
}
