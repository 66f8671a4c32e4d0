import { expect, test } from 'vitest';
import { examplesFor } from './pages/overview/first-code.ts';
import { commandLine, curlLine } from './push-lines.ts';
import { clientAddress } from './server-address.ts';

const wire = { port: 7419, tls: false, password: false };

test.each([
  [
    'the host of the page when the server listens on all interfaces',
    wire,
    'jobs.example',
    'tcp://jobs.example:7419',
  ],
  [
    'the host that the server listens on',
    { ...wire, host: '10.0.0.7' },
    'proxy.example',
    'tcp://10.0.0.7:7419',
  ],
  [
    'TLS, and that a password is needed',
    { port: 7500, tls: true, password: true },
    'h',
    'tcp+tls://:PASSWORD@h:7500',
  ],
  ['an IPv6 address in brackets', { ...wire, host: '::1' }, 'h', 'tcp://[::1]:7419'],
  ['the brackets of the page’s address once', wire, '[fd00::7]', 'tcp://[fd00::7]:7419'],
])('the address for clients has %s', (_what, given, page, url) => {
  expect(clientAddress({ wire: given }, page).url).toBe(url);
});

test('a push command has the address of its server', () => {
  const { url } = clientAddress({ wire: { ...wire, password: true } }, 'h');
  expect(commandLine({ jobtype: 'A', args: '[]' }, url)).toBe(
    "FAKTORY_URL='tcp://:PASSWORD@h:7419' faktory push 'A' '[]'",
  );
});

test('a curl command has a user and a password placeholder only if HTTP requires a password', () => {
  expect(curlLine('{}', 'https://h/api/jobs', true)).toContain(
    "curl -u 'any:PASSWORD' -X POST 'https://h/api/jobs'",
  );
  expect(curlLine('{}', 'https://h/api/jobs', false)).not.toContain('PASSWORD');
});

test('the example for a client without FAKTORY_URL support has host and port in its code', () => {
  const php = examplesFor(clientAddress({ wire: { ...wire, port: 7500 } }, 'jobs.example')).find(
    ({ language }) => language === 'PHP',
  );
  expect(php?.code).toContain("new FaktoryClient('jobs.example', '7500')");
});
