import { expect, test } from 'vitest';
import { HIDDEN, Redaction } from './redact.ts';

const args = (rules: string[], json: string, ...jobtypes: string[]): string =>
  new Redaction(rules).args(jobtypes.length > 0 ? jobtypes : ['Mail'], json);

test('without a rule, and where nothing is hidden, the text stays as it was written', () => {
  const json = '[ 1.0, 12345678901234567890, {"a":"\\u00e9"} ]';
  expect(args([], json)).toBe(json);
  expect(args(['password'], json)).toBe(json);
  expect(args(['Other'], json)).toBe(json);
});

test('a member’s name hides its value at any depth, whatever it is', () => {
  const json = '[{"password":"x","deep":[{"password":{"a":1}}],"name":"ann"}]';
  expect(JSON.parse(args(['password'], json))).toEqual([
    { password: HIDDEN, deep: [{ password: HIDDEN }], name: 'ann' },
  ]);
});

test('a jobtype before the name keeps it to that jobtype', () => {
  const json = '[{"card":"4111"}]';
  expect(args(['Pay:card'], json, 'Pay')).not.toContain('4111');
  expect(args(['Pay:card'], json, 'Mail')).toBe(json);
});

test('a number hides the argument in that place, and no member of a list inside', () => {
  expect(JSON.parse(args(['Pay:1'], '[["a","b"],"c","d"]', 'Pay'))).toEqual([['a', 'b'], HIDDEN, 'd']);
});

test('a jobtype alone hides all arguments, also a class of Ruby with colons', () => {
  expect(args(['Pay'], '[1,2]', 'Pay')).toBe(`["${HIDDEN}"]`);
  expect(args(['Pay::Card'], '[1,2]', 'Pay::Card')).toBe(`["${HIDDEN}"]`);
  expect(args(['Pay::Card:0'], '[1,2]', 'Pay::Card')).toBe(`["${HIDDEN}",2]`);
});

test('a job that is wrapped is hidden by either of its names', () => {
  expect(args(['Inner'], '[1]', 'Wrapper', 'Inner')).toBe(`["${HIDDEN}"]`);
});

test('a member’s name that the client wrote with escapes is hidden, too', () => {
  expect(args(['password'], '[{"pass\\u0077ord":"x"}]')).toBe(`[{"pass\\u0077ord":"${HIDDEN}"}]`);
  expect(args(['größe'], '[{"gr\\u00f6\\u00dfe":"x"}]')).toBe(`[{"gr\\u00f6\\u00dfe":"${HIDDEN}"}]`);
  const other = '[{"gr\\u00f6\\u00dfe":1.0}]';
  expect(args(['password'], other)).toBe(other);
});

test('a number hides the argument of what is wrapped wherever the wrapper is shown', async () => {
  const whole = '[{"job_class":"Inner","arguments":["a","x"]}]';
  const hidden = [{ job_class: 'Inner', arguments: ['a', HIDDEN] }];
  expect(JSON.parse(args(['Inner:1'], whole, 'Wrapper', 'Inner'))).toEqual(hidden);
  const job = await new Redaction(['Inner:1']).job(['Wrapper', 'Inner'], `{"args":${whole}}`);
  expect(JSON.parse(job)).toEqual({ args: hidden });
  expect(args(['Inner:1'], '[null]', 'Wrapper', 'Inner')).toBe('[null]');
});

test('of a whole job its arguments and custom values are hidden', async () => {
  const job = '{"jid":"j","args":[{"password":"x"}],"custom":{"password":"y","trace":"z"}}';
  expect(JSON.parse(await new Redaction(['password']).job(['Mail'], job))).toEqual({
    jid: 'j',
    args: [{ password: HIDDEN }],
    custom: { password: HIDDEN, trace: 'z' },
  });
});

test('a search in the arguments is refused while anything is hidden, others are not', () => {
  expect(() => new Redaction(['password']).permitSearch({ text: 'x' })).toThrow(/cannot be searched/);
  expect(() => new Redaction(['password']).permitSearch({ search: 'x' })).toThrow(/cannot be searched/);
  expect(() => new Redaction(['password']).permitSearch({})).not.toThrow();
  expect(() => new Redaction([]).permitSearch({ text: 'x' })).not.toThrow();
});

test('an empty rule is refused', () => {
  expect(() => new Redaction([' '])).toThrow(/a rule is empty/);
});

test('what is not hidden keeps its digits, escapes and spaces beside what is', async () => {
  const one = '[{"password":"x","id":12345678901234567890},1.0,"\\u00e9"]';
  expect(args(['password'], one)).toBe(one.replace('"x"', `"${HIDDEN}"`));
  const job = `{"jid":"j","args":${one},"custom":{"password":1.0,"id":3889108265204450030},"retry":25}`;
  const shown = job.replace('"x"', `"${HIDDEN}"`).replace('"password":1.0', `"password":"${HIDDEN}"`);
  expect(await new Redaction(['password']).job(['Mail'], job)).toBe(shown);
  expect(await new Redaction(['Mail']).job(['Mail'], job)).toBe(job.replace(one, `["${HIDDEN}"]`));
});

test('a member of a job that is called like a rule is no argument and stays', async () => {
  const job = '{"jid":"j","args":[{"queue":"x"}],"queue":"q","failure":{"queue":1}}';
  const shown = await new Redaction(['queue']).job(['Mail'], job);
  expect(JSON.parse(shown)).toMatchObject({ args: [{ queue: HIDDEN }], queue: 'q', failure: { queue: 1 } });
});
