import { expect, test } from 'vitest';
import { describeCall, describeResult, shortCount } from '../../src/agent/describe.ts';

const result = (content: string, isError = false) =>
  describeResult({ type: 'tool_result', tool_use_id: 'x', content, ...(isError ? { is_error: true } : {}) });

test('a call is one line with what matters most of its input', () => {
  expect(describeCall('bash', { command: 'ls -l\n  | wc' })).toBe('bash  ls -l | wc');
  expect(describeCall('send_message', { text: 'Hi', to: 'ben', key: 'k' })).toBe('send_message  ben · Hi');
  expect(describeCall('task_list', {})).toBe('task_list');
  expect(describeCall('odd', null)).toBe('odd');
  expect(describeCall('odd', { command: 5 })).toBe('odd');
});

test('a result is one line, whatever came back', () => {
  expect(result('done')).toBe('done');
  expect(result('a\nb\nlast\n')).toBe('3 lines, last: last');
  expect(result('')).toBe('');
  expect(result('{"id":"t1","subject":"Count","state":"completed"}')).toBe('t1: Count (completed)');
  expect(result('[1,2,3]')).toBe('3 in all');
  expect(result('{"name":"cleo","state":"starting"}')).toBe('cleo is starting');
  expect(result('{"request":"a1","state":"open","what":"a host"}')).toBe('a1 is open');
  expect(result('{"id":"r1","title":"What is missing","name":"missing.md"}')).toBe('r1: What is missing');
  expect(result('{"name":"missing.md"}')).toBe('{"name":"missing.md"}');
  expect(result('{ not json')).toBe('{ not json');
  expect(result('{"a":1}\n{"b":2}')).toBe('2 lines, last: {"b":2}');
});

test('a count is short', () => {
  expect([0, 999, 1000, 12_345, 4_500_000].map(shortCount)).toEqual(['0', '999', '1.0k', '12.3k', '4.5M']);
});
