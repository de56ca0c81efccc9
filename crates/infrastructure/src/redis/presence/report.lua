-- Replaces what an instance has of some users, and answers for each: how many connections are granted, what the user
-- was to those who were told, and what the user is now (0 offline, 1 away, 2 online, 3 dnd).
-- KEYS: the instances by when they expire, the users of this instance, then one hash of instances for each user.
-- ARGV: the instance; how long what it tells is kept, and how long who lingers is, in ms; the most connections of a
-- user; then for each user: the id, and connections and rank, first as settled, then as wanted.
-- An entry of a hash: connections, rank, when it was told, when it expires. One that has expired stays until somebody
-- has told that its user is gone.
local instance, ttl, linger, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
-- Longer than entries count, so that somebody finds whose they were.
local keep = ttl * 2 + 60000
local answers = {}
for i = 3, #KEYS do
  local at = 5 + (i - 3) * 5
  local user = ARGV[at]
  local settled, settled_rank = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local wanted, wanted_rank = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local before, others, after = 0, 0, 0
  local entries = redis.call('HGETALL', KEYS[i])
  for j = 1, #entries, 2 do
    local connections, rank, expires = string.match(entries[j + 1], '^(%d+) (%d+) %d+ (%d+)$')
    before = math.max(before, tonumber(rank))
    if entries[j] ~= instance then
      if tonumber(expires) > now then
        others = others + tonumber(connections)
        after = math.max(after, tonumber(rank))
      end
    end
  end
  local granted = math.max(settled, math.min(wanted, most - others))
  local own = granted > settled and wanted_rank or settled_rank
  if own > 0 then
    local expires = now + (granted > 0 and ttl or linger)
    local entry = string.format('%d %d %.0f %.0f', granted, own, now, expires)
    redis.call('HSET', KEYS[i], instance, entry)
    redis.call('PEXPIRE', KEYS[i], keep)
    redis.call('SADD', KEYS[2], user)
  else
    redis.call('HDEL', KEYS[i], instance)
    redis.call('SREM', KEYS[2], user)
  end
  answers[#answers + 1] = granted
  answers[#answers + 1] = before
  answers[#answers + 1] = math.max(after, own)
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ttl), instance)
redis.call('PEXPIRE', KEYS[1], keep)
redis.call('PEXPIRE', KEYS[2], keep)
return answers
