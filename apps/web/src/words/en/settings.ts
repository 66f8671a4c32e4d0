/* Words of one page. Only texts. */
export const settings = {} as const;
