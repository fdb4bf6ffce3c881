-- Takes one message's place in all limits that it shares with others, or says when to come again; all or nothing.
-- KEYS[1] holds: names by the time until which they hold (sorted set)
-- KEYS[2] the number's bucket, KEYS[3] the pair's: the time when each is full again (ms since 1970)
-- KEYS[4] the first time at the number that is not promised yet   KEYS[5] the time promised to this conversation
-- ARGV[1] now   ARGV[2], ARGV[3] milliseconds for one message and capacity of the number   ARGV[4], ARGV[5] of the pair
-- ARGV[6…] names of the holds that concern the number
-- Returns 0 when the message may go, else milliseconds. Who must wait for the number is promised a time of his own, so
-- that a thousand conversations do not come back together; who comes later stands behind them.
local now = tonumber(ARGV[1])
local each = tonumber(ARGV[2])

local function time(key)
  return tonumber(redis.call('GET', key) or 0)
end

-- A minute longer than it matters: machines' clocks differ.
local function keep(key, at)
  redis.call('SET', key, at, 'PX', math.max(0, math.ceil(at - now)) + 60000)
end

local free = 0
for index = 6, #ARGV do
  free = math.max(free, tonumber(redis.call('ZSCORE', KEYS[1], ARGV[index]) or 0))
end
local number = math.max(now, time(KEYS[2])) + each
free = math.max(free, number - each * tonumber(ARGV[3]) - 0.01) -- less than a rounding of such large numbers

local mine = time(KEYS[5])
if mine > now then return math.ceil(mine - now) end
local queue = time(KEYS[4])
if mine == 0 then free = math.max(free, queue) end
if free > now then
  local place = math.max(free, queue)
  keep(KEYS[4], place + each)
  keep(KEYS[5], place)
  return math.ceil(place - now)
end

local pair = math.max(now, time(KEYS[3])) + tonumber(ARGV[4])
local wait = pair - now - tonumber(ARGV[4]) * tonumber(ARGV[5])
if wait > 0 then return math.ceil(wait) end
keep(KEYS[2], number)
keep(KEYS[3], pair)
redis.call('DEL', KEYS[5])
return 0
