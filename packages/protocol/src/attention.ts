/**
 * What an operator should look into, as the server tells it to pages.
 */

/** Something that wants a person's eye, worst first; `code` says what, the other fields about what. */
export interface Attention {
  code:
    | 'no_worker' // `queue` has `count` jobs and nobody asks for it
    | 'latency' // `queue` waits `seconds`, and it grows
    | 'failing' // `jobtype` failed `count` times in the last hour, a part `share` of its executions
    | 'dead' // `count` more jobs died in the last hour
    | 'paused' // `queue` is paused with `count` jobs
    | 'backup_old' // the newest backup is `seconds` old; `backup_none`: there is none
    | 'backup_none'
    | 'backup_failed'
    | 'storage_locked' // another program holds the store's lock: commits are refused
    | 'storage_full'
    | 'storage_corrupt' // a page of the store is damaged
    | 'storage_io'
    | 'disk_low' // `bytes` are left
    | 'disk_reserve' // pushes are refused
    | 'certificate' // the TLS certificate expires in `seconds`; `certificate_expired`: it has
    | 'certificate_expired'
    | 'worker_silent'; // `worker` was not heard for `seconds`
  severity: 'high' | 'low';
  queue?: string;
  jobtype?: string;
  worker?: string;
  count?: number;
  share?: number;
  seconds?: number;
  bytes?: number;
}
