/* Words of one page. Only texts. */
export const workers = {} as const;
