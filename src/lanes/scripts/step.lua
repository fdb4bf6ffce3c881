-- One step of the worker that holds the lane: takes handled items out, and begins the next ones: reads the first
-- entries, or names entries it has read, and counts an attempt at each begun one.
-- KEYS[1] lane (list)   KEYS[2] lanes by age of their head (sorted set)   KEYS[3] attempts (hash)   KEYS[4] lease of the lane
-- KEYS[5] woken lanes (hash)
-- ARGV[1] token   ARGV[2] name of the lane   ARGV[3] headers of the handled items, one after another (29 characters each)
-- ARGV[4] headers of the items to begin   ARGV[5] what an attempt counts (1, or -1 to take one back)
-- ARGV[6] entries to read (0: none); the first of them is begun. When there is none the lease is given back.
-- ARGV[7] life of the lease (ms) when it is to be taken with this step, else ""   ARGV[8] now (ms since 1970), then
-- Returns {-1} when the lease is another's (nothing was changed; when it was to be taken: minus the rest of the other's
-- lease in ms), else {items left, attempts at the begun items, entries}.
if ARGV[7] ~= '' then
  if redis.call('SET', KEYS[4], ARGV[1], 'NX', 'PX', ARGV[7]) then
    redis.call('HDEL', KEYS[5], ARGV[2])
  else
    redis.call('HSETNX', KEYS[5], ARGV[2], ARGV[8]) -- the holder looks at the lane again
    return { -math.max(1, redis.call('PTTL', KEYS[4])) }
  end
end
if redis.call('GET', KEYS[4]) ~= ARGV[1] then return { -1 } end

local function take_out(header)
  local head = redis.call('LINDEX', KEYS[1], 0)
  if head and string.sub(head, 1, 29) == header then
    redis.call('LPOP', KEYS[1])
    return
  end
  -- Items that came late may stand before it, so it is looked for.
  local first = 0
  repeat
    local entries = redis.call('LRANGE', KEYS[1], first, first + 63)
    for _, entry in ipairs(entries) do
      if string.sub(entry, 1, 29) == header then
        redis.call('LREM', KEYS[1], 1, entry)
        return
      end
    end
    first = first + 64
  until #entries == 0
end

for at = 1, #ARGV[3], 29 do
  local header = string.sub(ARGV[3], at, at + 28)
  take_out(header)
  redis.call('HDEL', KEYS[3], header)
end

local entries = {}
local begun = ARGV[4]
if tonumber(ARGV[6]) > 0 then
  entries = redis.call('LRANGE', KEYS[1], 0, tonumber(ARGV[6]) - 1)
  if entries[1] then begun = string.sub(entries[1], 1, 29) end
end
local attempts = {}
for at = 1, #begun, 29 do
  table.insert(attempts, redis.call('HINCRBY', KEYS[3], string.sub(begun, at, at + 28), ARGV[5]))
end

if tonumber(ARGV[6]) > 0 and not entries[1] then
  -- Whoever woke the lane meanwhile put something in, and that was read: nothing is left to wake for.
  redis.call('HDEL', KEYS[5], ARGV[2])
  redis.call('DEL', KEYS[4])
end

local head = entries[1] or redis.call('LINDEX', KEYS[1], 0)
if head then
  redis.call('ZADD', KEYS[2], math.floor(tonumber(string.sub(head, 1, 16)) / 1000), ARGV[2])
else
  redis.call('ZREM', KEYS[2], ARGV[2])
end
return { redis.call('LLEN', KEYS[1]), attempts, entries }
