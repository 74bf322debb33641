import { describe, expect, it } from 'vitest';
import { redisOptions } from './connection.ts';
import { failureOf, serverOf } from './index.ts';

describe('the URL of a server', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://:p%40ss%2Fword@10.0.0.1:7000/3', { host: '10.0.0.1', port: 7000, db: 3, password: 'p@ss/word' }],
    ['redis://user:secret@[::1]:6380', { host: '::1', port: 6380, db: 0, username: 'user', password: 'secret' }],
    ['rediss://example.org/1', { host: 'example.org', port: 6379, db: 1, tls: {} }],
    ['unix:/run/redis.sock?db=2', { path: '/run/redis.sock', db: 2 }],
  ])('%s', (url, options) => {
    expect(redisOptions(url)).toEqual(options);
  });

  it('is told without who we are there', () => {
    expect(serverOf('redis://user:secret@host:6380/2')).toBe('host:6380');
    expect(serverOf('unix:/run/redis.sock')).toBe('/run/redis.sock');
  });
});

describe('what was wrong, in a word', () => {
  it.each([
    [Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:6379'), { code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [new Error('NOAUTH Authentication required.'), 'NOAUTH'],
    [new Error("OOM command not allowed when used memory > 'maxmemory'."), 'OOM'],
    [new Error('Command timed out'), 'TIMEOUT'],
    [new Error('Connection is closed.'), 'CLOSED'],
    [new TypeError('said: the text of a message'), 'TypeError'],
  ])('%s', (error, word) => {
    expect(failureOf(error)).toBe(word);
  });
});
