/* Words of one page. Only texts. */
export const queues = {} as const;
