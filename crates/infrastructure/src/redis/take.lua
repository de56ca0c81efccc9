-- GCRA: takes one from the bucket KEYS[1], whose moment moves by ARGV[1] and may lie ARGV[2] ahead of now.
-- All in microseconds, which Lua's numbers hold exactly until the year 2255.
local step, capacity = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local moment = tonumber(redis.call('GET', KEYS[1]) or now)
local ahead = math.max(moment - now, 0)
if ahead + step <= capacity then
  local after = ahead + step
  redis.call('SET', KEYS[1], string.format('%.0f', now + after), 'PX', math.ceil(after / 1000))
elseif ahead > capacity then
  -- The clock was set back: a bucket is never more than empty.
  ahead = capacity
  redis.call('SET', KEYS[1], string.format('%.0f', now + ahead), 'PX', math.ceil(ahead / 1000))
end
return ahead
