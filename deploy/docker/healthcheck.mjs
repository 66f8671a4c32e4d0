// Whether the server in this container takes jobs: by HTTP, or by HTTPS where it has a certificate, of whatever name.
// Where the server asks clients for a certificate (--tls-client-ca), FAKTORY_TLS_CERT and FAKTORY_TLS_KEY name the pair to present.
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const [, , port = 7420, path = '/health/ready'] = process.argv; // 7420: where the image's command puts HTTP
const { FAKTORY_TLS_CERT: cert, FAKTORY_TLS_KEY: key } = process.env;
const pair = () => (cert && key ? { cert: readFileSync(cert), key: readFileSync(key) } : {});

const ask = (module, options) =>
  new Promise((resolve, reject) => {
    const at = { host: '127.0.0.1', port, path, ...options };
    module
      .get(at, ({ statusCode }) => (statusCode === 200 ? resolve() : reject(new Error(`HTTP ${statusCode}`))))
      .on('error', reject);
  });

const asked = [ask(http), Promise.resolve().then(() => ask(https, { rejectUnauthorized: false, ...pair() }))];
await Promise.any(asked).then(
  () => process.exit(0),
  ({ errors }) => {
    process.stderr.write(`not ready: ${errors.map(({ message }) => message).join('; ')}\n`);
    process.exit(1);
  },
);
