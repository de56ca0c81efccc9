-- Counts a guess under KEYS[1], a hash of how many there were and when the next is allowed, and answers 0; or answers how
-- long to wait. ARGV[1] is how long guesses are remembered, ARGV[2] and on what the first, second, … guess costs; the last
-- holds for all that follow. All in microseconds.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local known = redis.call('HMGET', KEYS[1], 'count', 'next_at')
local count = tonumber(known[1] or 0)
local wait = tonumber(known[2] or now) - now
if wait > 0 then
  -- Nobody waits for longer than the last guess has cost, though the clock was set back.
  local most = count > 0 and tonumber(ARGV[math.min(count + 1, #ARGV)]) or 0
  if wait > most then
    wait = most
    redis.call('HSET', KEYS[1], 'next_at', string.format('%.0f', now + most))
  end
end
if wait > 0 then
  return wait
end
count = count + 1
local delay = tonumber(ARGV[math.min(count + 1, #ARGV)])
redis.call('HSET', KEYS[1], 'count', count, 'next_at', string.format('%.0f', now + delay))
redis.call('PEXPIRE', KEYS[1], math.ceil(tonumber(ARGV[1]) / 1000))
return 0
