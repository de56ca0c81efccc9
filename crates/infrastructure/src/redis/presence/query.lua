-- What users are now: 0 offline, 1 away, 2 online, 3 dnd.
-- KEYS: one hash of instances for each user; see report.lua.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local answers = {}
for i = 1, #KEYS do
  local best = 0
  for _, entry in ipairs(redis.call('HVALS', KEYS[i])) do
    local rank, expires = string.match(entry, '^%d+ (%d+) %d+ (%d+)$')
    if tonumber(expires) > now then
      best = math.max(best, tonumber(rank))
    end
  end
  answers[i] = best
end
return answers
