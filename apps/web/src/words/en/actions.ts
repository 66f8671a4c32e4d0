/**
 * Texts about actions on jobs, wherever a page offers them.
 *
 * Note: do not promise an undo everywhere. A change can be undone for ten minutes; removing a
 * queue cannot.
 */
export const actions = {
  discard: 'Discard',
  kill: 'Kill',
  requeue: 'Run now',
  schedule: 'Reschedule',
  move: 'Move to a queue',
  prioritize: 'Change priority',
  priorityHint: '9 runs first; 5 is the default',
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
  donePrioritize_one: 'Changed the priority of {{count, number}} job.',
  donePrioritize_other: 'Changed the priority of {{count, number}} jobs.',
  nothing: 'Nothing was changed: no job matches any more.',
  undoable: 'You can undo this for ten minutes.',
  undone_one: 'Undone: {{count, number}} job restored.',
  undone_other: 'Undone: {{count, number}} jobs restored.',
  undoneKept:
    'Undone. Jobs restored: {{undone}}. Jobs that changed state in the meantime and were not touched: {{kept}}.',
  working_one: 'Changing jobs: {{count, number}} so far.',
  working_other: 'Changing jobs: {{count, number}} so far.',
} as const;
