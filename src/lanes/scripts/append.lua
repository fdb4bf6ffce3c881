-- Puts an item into its lane, in the order of receipt.
-- KEYS[1] lane (list)   KEYS[2] lanes by age of their head (sorted set)
-- ARGV[1] entry: 16 digits of position, "-", 12 hexadecimal digits, " ", sealed bytes
-- ARGV[2] name of the lane
-- Returns the length of the lane. An item that came earlier than the tail goes before it (another receiver was faster).
local entry = ARGV[1]
local position = string.sub(entry, 1, 16)
local tail = redis.call('LINDEX', KEYS[1], -1)
local length
if not tail or string.sub(tail, 1, 16) <= position then
  length = redis.call('RPUSH', KEYS[1], entry)
else
  local pivot = tail
  local index = -2
  local before = redis.call('LINDEX', KEYS[1], index)
  while before and string.sub(before, 1, 16) > position do
    pivot = before
    index = index - 1
    before = redis.call('LINDEX', KEYS[1], index)
  end
  length = redis.call('LINSERT', KEYS[1], 'BEFORE', pivot, entry)
end
redis.call('ZADD', KEYS[2], 'NX', math.floor(tonumber(position) / 1000), ARGV[2])
return length
