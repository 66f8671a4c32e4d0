/* Words of one page. Only texts. */
export const queues = { paused: 'Paused' } as const;
