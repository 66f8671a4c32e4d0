// A handler for tests, for a thread or process: its first argument names what to do.
let jobs = 0;
const kept = [];

const chores = {
  return: () => undefined,
  /** Fails with the number of jobs that ran in this thread or process, including this one. */
  count: () => {
    throw new Error(`job ${jobs} of ${process.pid}`);
  },
  exit: (_context, code) => process.exit(code),
  exitLater: () => void setTimeout(() => process.exit(4), 20),
  segfault: () => process.kill(process.pid, 'SIGSEGV'),
  eat: () => {
    for (;;) kept.push(Array.from({ length: 10_000 }, () => ({ at: Math.random() })));
  },
  /** Keeps some MiB for ever. */
  keep: (_context, mib) => {
    kept.push(Array.from({ length: mib * 16 }, () => new Array(8192).fill(1.5)));
  },
  block: () => {
    for (;;);
  },
  hang: () => new Promise(() => {}),
  uncaught: () => {
    setImmediate(() => {
      throw new RangeError('out of reach');
    });
    return new Promise(() => {});
  },
  string: () => Promise.reject('just a text'),
  cyclic: () => {
    const error = new Error('round');
    error.self = error;
    error.callback = () => 1;
    error.wait = 1500;
    throw error;
  },
  own: () => {
    class Limited extends RangeError {
      name = 'Limited';
      wait = 1500;
    }
    throw new Limited('slow down');
  },
  log: ({ log }) => {
    log.info('here', { n: 1 });
    log.warn('a function', { call: () => 1 });
  },
  extend: async ({ extend }) => {
    throw new Error(`extended: ${await extend(90)}`);
  },
  facts: ({ jid, attempt, lastAttempt, job }, ...args) => {
    throw new Error(JSON.stringify([jid, attempt, lastAttempt, job.jobtype, args]));
  },
  release: ({ release }) => release(),
  discard: ({ discard }) => discard('old news'),
  kill: ({ kill }) => kill('no such user'),
  retryIn: ({ retryIn }) => retryIn(1500, 'busy'),
  swallow: ({ kill }) => {
    try {
      kill();
    } catch {}
  },
  /** Waits until its signal is aborted, then fails with the reason. */
  wait: ({ signal, log }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () =>
        reject(new Error(`told: ${signal.reason.name} ${signal.reason.code}`)),
      );
      log.info('waiting');
    }),
};

export default (context, chore, ...args) => {
  jobs++;
  return chores[chore](context, ...args);
};
