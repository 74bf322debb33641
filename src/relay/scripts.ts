/**
 * What is done to the stream in one step, so that nobody comes between the look and the deed. Each is given the stream
 * and the key that binds it to a store; none touches other keys, but for the names under which a stream is set aside.
 */

/** The last id the stream has ever given, "0-0" when there is no stream or it never had an entry. */
const LAST_OF = `
local function last_of(stream)
  if redis.call('EXISTS', stream) == 0 then return '0-0' end
  local info = redis.call('XINFO', 'STREAM', stream)
  for at = 1, #info, 2 do
    if info[at] == 'last-generated-id' then return info[at + 1] end
  end
  return '0-0'
end
`;

/** KEYS stream, binding. Answers [bound or false, last id, newest entry or false]. */
export const LOOK = `${LAST_OF}
local entries = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
return { redis.call('GET', KEYS[2]), last_of(KEYS[1]), entries[1] or false }
`;

/**
 * KEYS stream, binding; ARGV store, last id as it was seen. Binds a stream that is empty or known to be ours; answers 1
 * when it is ours now.
 */
export const BIND = `${LAST_OF}
local bound = redis.call('GET', KEYS[2])
if bound and bound ~= ARGV[1] and ARGV[2] ~= '0-0' then return 0 end
if last_of(KEYS[1]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[2], ARGV[1])
return 1
`;

/**
 * KEYS stream, binding; ARGV what was seen of both, and the store that takes the name over. Renames the stream of
 * somebody else, with what it is bound to; answers its new name, or false when it is not what was seen.
 */
export const SET_ASIDE = `${LAST_OF}
local bound = redis.call('GET', KEYS[2]) or ''
if bound ~= ARGV[1] or last_of(KEYS[1]) ~= ARGV[2] then return false end
local name
local number = 0
repeat
  number = number + 1
  name = KEYS[1] .. ':aside:' .. number
until redis.call('EXISTS', name) == 0
redis.call('RENAME', KEYS[1], name)
redis.call('SET', name .. ':store', bound)
redis.call('SET', KEYS[2], ARGV[3])
return name
`;

/**
 * KEYS stream, binding; ARGV store, the last id there has to be, then the entries: id, how many words follow, fields
 * and values. Appends all of them, or none where the stream is not what the sender takes it for: a stream
 * that was emptied would take them and hide the hole. Answers 1 or 0.
 */
export const APPEND = `${LAST_OF}
if redis.call('GET', KEYS[2]) ~= ARGV[1] or last_of(KEYS[1]) ~= ARGV[2] then return 0 end
local at = 3
while at <= #ARGV do
  local count = tonumber(ARGV[at + 1])
  redis.call('XADD', KEYS[1], ARGV[at], unpack(ARGV, at + 2, at + 1 + count))
  at = at + 2 + count
end
return 1
`;

/**
 * KEYS stream; ARGV entries kept in any case, entries kept for groups that are behind. Ids follow each other, so that
 * they count. An entry that was handed out and not acknowledged has not been read. Answers how many were removed.
 */
export const TRIM = `${LAST_OF}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local function number_of(id) return tonumber(string.match(id, '^%d+')) end
local last = number_of(last_of(KEYS[1]))
local first = last - tonumber(ARGV[1]) + 1
if first <= 1 then return 0 end
for _, info in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local group = {}
  for at = 1, #info, 2 do group[info[at]] = info[at + 1] end
  local wanted = number_of(group['last-delivered-id']) + 1
  if group['pending'] > 0 then
    local oldest = number_of(redis.call('XPENDING', KEYS[1], group['name'])[2])
    if oldest < wanted then wanted = oldest end
  end
  if wanted < first then first = wanted end
end
local bound = last - tonumber(ARGV[2]) + 1
if first < bound then first = bound end
if first <= 1 then return 0 end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', string.format('%.0f', first))
`;
