/* Words of the page of workers. Only texts. */
export const workers = {
  processes_one: '{{count, number}} process',
  processes_other: '{{count, number}} processes',
} as const;
