/* Words of one page. Only texts. */
export const overview = {} as const;
