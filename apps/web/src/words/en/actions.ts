/*
 * Words for what is done to jobs, wherever it is done. Only texts. It must never promise an undo where there is none. A stranger would
 * get wrong that each change can be undone for ten minutes, except removing a queue.
 */
export const actions = {
  discard: 'Discard',
  kill: 'Kill',
  requeue: 'Run now',
  schedule: 'Reschedule',
  move: 'Move to a queue',
  prioritize: 'Change priority',
  priorityHint: '9 goes first, 5 is usual',
  done_one: '{{count, number}} job changed.',
  done_other: '{{count, number}} jobs changed.',
  doneDiscard_one: '{{count, number}} job discarded.',
  doneDiscard_other: '{{count, number}} jobs discarded.',
  doneKill_one: '{{count, number}} job is dead now.',
  doneKill_other: '{{count, number}} jobs are dead now.',
  doneRequeue_one: '{{count, number}} job is ready to run.',
  doneRequeue_other: '{{count, number}} jobs are ready to run.',
  doneSchedule_one: '{{count, number}} job rescheduled.',
  doneSchedule_other: '{{count, number}} jobs rescheduled.',
  doneMove_one: '{{count, number}} job moved.',
  doneMove_other: '{{count, number}} jobs moved.',
  donePrioritize_one: '{{count, number}} job has its new priority.',
  donePrioritize_other: '{{count, number}} jobs have their new priority.',
  nothing: 'Nothing was changed: no job matches any more.',
  undoable: 'You can undo this for ten minutes.',
  undone_one: 'Taken back: {{count, number}} job is where it was.',
  undone_other: 'Taken back: {{count, number}} jobs are where they were.',
  undoneKept: 'Taken back: {{undone}} are where they were, {{kept}} have moved on since and were left alone.',
  working_one: 'Changing jobs: {{count, number}} so far.',
  working_other: 'Changing jobs: {{count, number}} so far.',
} as const;
