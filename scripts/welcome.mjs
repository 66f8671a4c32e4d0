/** The text that `npm start` prints when the server listens. */
import { reach } from './addresses.mjs';

const demo = 'a producer pushes a job a second and a worker runs them; some fail, retry, wait or end up dead';

/** A few lines: what runs and where, where its data is, and how to push a job by hand. */
export function welcome({ host, port, web, password, dir, withDemo }) {
  const http = reach(web);
  const site = `http://${http.host}:${http.port}`;
  return [
    '',
    'The job server is running. Ctrl-C stops it; the data stays.',
    `  jobs  tcp://${host}:${port}`,
    `  web   ${http.port === 0 ? 'off' : `${site}  shows all of it, live`}`,
    `  data  ${dir}`,
    `  demo  ${withDemo ? demo : 'off'}`,
    '',
    password
      ? 'Clients need the password: push a job with one of the clients in README.md.'
      : `Push a job by hand from another terminal:\n  ${byHand(host, port)}`,
    '',
  ].join('\n');
}

// Uses Node, the one tool that every reader of this text has.
function byHand(host, port) {
  const address = `${port}, "${host.replace(/[[\]]/g, '')}"`;
  const job = `{"jid":"by-hand-\${Date.now()}","jobtype":"SayHello","args":["you"]}`;
  const lines = `HELLO {"v":2}\\r\\nPUSH ${job}\\r\\nEND\\r\\n`;
  return `node -e 'require("net").connect(${address}).on("data", d => process.stdout.write(d)).write(\`${lines}\`)'`;
}
