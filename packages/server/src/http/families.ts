/**
 * The families of `/metrics`: a name, a help text, and values with labels.
 */
type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly values: readonly Sample[];
}

export const counter = (name: string, help: string, values: readonly Sample[]): Family => ({
  name,
  help,
  type: 'counter',
  values,
});
export const gauges = (name: string, help: string, values: readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  values,
});
export const gauge = (name: string, help: string, value: number): Family =>
  gauges(name, help, [{ labels: {}, value }]);
export const histogram = (name: string, help: string, values: readonly Sample[]): Family => ({
  name,
  help,
  type: 'histogram',
  values,
});
