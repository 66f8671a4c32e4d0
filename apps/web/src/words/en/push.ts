/*
 * Words of the form that pushes a job. Only texts. It must never speak of JSON's rules twice: mistakes are in parts.json. A stranger would
 * get wrong that empty fields mean the server's defaults.
 */
export const push = {
  jobtype: 'Jobtype',
  jobtypeHint: 'The name under which a worker knows what to run.',
  jobtypeMissing: 'A job needs a jobtype.',
  fill: 'Fill in the arguments of the last one that was seen',
  args: 'Arguments',
  argsHint: 'A list in JSON. Numbers are sent digit by digit as they stand here.',
  queue: 'Queue',
  queueWrong: 'Letters, digits, “.”, “_” and “-” only.',
  priority: 'Priority',
  priorityHint: '1 to 9, 9 goes first.',
  at: 'Not before',
  atHint: 'In the time zone of this page ({{zone}}). Empty: at once.',
  atWrong: 'This is not a time.',
  retry: 'Retries',
  retryHint: '25 when empty; 0: forget on failure; −1: dead on the first failure.',
  wrongNumber: 'A whole number from {{least}} to {{most}}.',
  reserve: 'May run for, seconds',
  reserveHint: '1800 when empty, at least 60.',
  custom: 'Custom',
  customHint: 'An object in JSON for middleware, or empty.',
  submit: 'Push',
  pushed: 'Pushed.',
  openJob: 'Open the job',
  preview: 'What is sent',
  asCommand: 'Copy as a command',
  asCurl: 'Copy as curl',
  forbidden: 'You may not push jobs: the token that you are logged in with has no right to.',
} as const;
