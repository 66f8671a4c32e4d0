/**
 * What an operator should look into, as the server tells it to pages.
 */

/** Something that wants a person's eye, worst first; `code` says what, the other fields about what. */
export interface Attention {
  code:
    | 'no_worker' // `queue` has `count` jobs and nobody asks for it
    | 'unserved' // nobody asks for `queues` queues, which have `count` jobs
    | 'slots_full' // all `slots` slots of the workers are busy, and `count` jobs wait; the longest for `seconds`
    | 'latency' // `queue` waits `seconds`, and it grows
    | 'backlog' // `queue` has `count` jobs; at the present rate they need `seconds`
    | 'failing' // `jobtype` failed `count` times in the last hour, a part `share` of its executions, `dead` of them for good
    | 'dead' // `count` more jobs died in the last hour; not beside `failing`, which is the same cause
    | 'paused' // `queue` is paused with `count` jobs
    | 'backup_old' // the newest backup is `seconds` old; `backup_none`: there is none
    | 'backup_none'
    | 'backup_failed'
    | 'storage_locked' // another program holds the store's lock: commits are refused
    | 'storage_full'
    | 'storage_corrupt' // a page of the store is damaged
    | 'storage_io'
    | 'storage_gone' // the store was deleted or replaced under the server
    | 'storage_log_gone' // its log was
    | 'storage_lock_gone' // the lock of its folder was
    | 'disk_low' // `bytes` are left
    | 'disk_reserve' // pushes are refused
    | 'certificate' // the TLS certificate expires in `seconds`; `certificate_expired`: it has
    | 'certificate_expired'
    | 'worker_silent'; // `worker` was not heard for `seconds`
  /** high: jobs are lost or stand still; medium: they will; low: somebody should know. */
  severity: 'high' | 'medium' | 'low';
  queue?: string;
  queues?: number;
  slots?: number;
  dead?: number;
  jobtype?: string;
  worker?: string;
  count?: number;
  share?: number;
  seconds?: number;
  bytes?: number;
}
