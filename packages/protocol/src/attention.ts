/** The warnings that the server reports to the overview page of the web UI. */

/** A warning for the operator. `code` names it; the other fields are its figures. */
export interface Attention {
  code:
    | 'no_worker' // `queue` has `count` jobs and no worker fetches from it
    | 'unserved' // no worker fetches from `queues` queues, which have `count` jobs
    | 'slots_full' // all `slots` slots of the workers are busy and `count` jobs wait, the oldest for `seconds`
    | 'latency' // jobs of `queue` wait `seconds`, and this time grows
    | 'backlog' // `queue` has `count` jobs; at the present rate they need `seconds`
    | 'failing' // in the last hour `jobtype` failed `count` times, a part `share` of its executions; `dead` jobs died
    | 'dead' // `count` jobs of `jobtype` died in the last hour; not reported with `failing`, which has the same cause
    | 'paused' // `queue` is paused with `count` jobs
    | 'backup_old' // the newest backup is `seconds` old; `backup_none`: there is no backup
    | 'backup_none'
    | 'backup_failed'
    | 'storage_locked' // another program holds the store's lock, so commits are refused
    | 'storage_full'
    | 'storage_corrupt' // a page of the store is damaged
    | 'storage_io'
    | 'storage_gone' // the store was deleted or replaced while the server runs
    | 'storage_log_gone' // the store's log was deleted or replaced
    | 'storage_lock_gone' // the lock file of the data folder was deleted or replaced
    | 'disk_low' // `bytes` are free
    | 'disk_reserve' // pushes are refused
    | 'certificate' // the TLS certificate expires in `seconds`; `certificate_expired`: it has expired
    | 'certificate_expired'
    | 'worker_silent'; // the last beat of `worker` was `seconds` ago
  /** high: jobs are lost or do not run; medium: this will happen; low: for information. */
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
