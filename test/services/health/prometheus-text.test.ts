import { expect, test } from 'vitest';
import { createLatencyHistogram } from '../../../services/health/latency-histogram.ts';
import { prometheusText } from '../../../services/health/prometheus-text.ts';

test('metrics stand as Prometheus reads them, whatever a label holds', () => {
  const text = prometheusText([
    {
      name: 'a_total',
      type: 'counter',
      help: 'What is\ncounted.',
      samples: [{ value: 2, labels: { kind: 'a"b\\c\nd' } }, { value: 0.5 }],
    },
  ]);
  expect(text).toBe(
    '# HELP a_total What is counted.\n# TYPE a_total counter\na_total{kind="a\\"b\\\\c\\nd"} 2\na_total 0.5\n',
  );
});

test('the buckets of a histogram hold all that took no longer', () => {
  const histogram = createLatencyHistogram();
  for (const seconds of [0.0005, 0.005, 0.006, 600]) histogram.observe(seconds);
  const value = (le: string) => histogram.samples().find(({ labels }) => labels?.['le'] === le)?.value;
  expect(['0.001', '0.005', '0.01', '30', '+Inf'].map(value)).toEqual([1, 2, 3, 3, 4]);
  expect(histogram.samples().filter(({ suffix }) => suffix !== '_bucket')).toEqual([
    { suffix: '_sum', value: expect.closeTo(600.0115, 4) },
    { suffix: '_count', value: 4 },
  ]);
});
