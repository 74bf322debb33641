/** Fields of the hash in which BullMQ keeps a job. `taken` and `failure` are its own, `result` is ours. */
export const FIELDS = { taken: 'ats', failure: 'failedReason', result: 'chatstats' } as const;

/**
 * KEYS the lock of a job, the job; ARGV token, field, value. Changes a field as long as the token holds the lock: a
 * number is added to how often it was taken, anything else is written. Answers 1 or 0.
 */
export const HOLD = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if ARGV[2] == '${FIELDS.taken}' then
  redis.call('HINCRBY', KEYS[2], ARGV[2], ARGV[3])
else
  redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
end
return 1
`;

/** KEYS a job, the sets of those that ended well and not; ARGV its id. Takes what it was about out of one that has ended. */
export const CLEAR = `
if redis.call('ZSCORE', KEYS[2], ARGV[1]) or redis.call('ZSCORE', KEYS[3], ARGV[1]) then
  redis.call('HSET', KEYS[1], 'data', 'null')
  return 1
end
return 0
`;
