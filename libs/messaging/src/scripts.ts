import { createHash } from 'node:crypto';
import type { RedisClient } from './open-redis.js';

/** A Lua script: everything in it happens at once, on the one node that has its keys. */
export interface LuaScript {
  readonly lua: string;
  readonly sha: string;
}

export type ScriptArgument = string | number | Buffer;

/** Runs a script by its hash, and by its text where Redis has forgotten it (after a restart). Answers are text, or bytes on request. */
export async function runScript(
  client: RedisClient,
  { sha, lua }: LuaScript,
  keys: readonly string[],
  args: readonly ScriptArgument[],
  answer: 'text' | 'bytes' = 'text',
): Promise<unknown> {
  const run = (command: 'EVALSHA' | 'EVAL', body: string): Promise<unknown> => {
    const all = [body, keys.length, ...keys, ...args];
    return answer === 'bytes' ? client.callBuffer(command, ...all) : client.call(command, ...all);
  };
  try {
    return await run('EVALSHA', sha);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return run('EVAL', lua);
  }
}

/**
 * Adds requests to a service's stream, as many as its living replicas have room for: an entry stays in the stream until it is
 * answered, so the stream's length is what waits and what is in hand. Returns one entry id per frame, '' where refused.
 *
 * With an incarnation (see `incarnationLua`) nothing is added unless Redis still is that one; the answer then is the present one.
 *
 * When it refuses, what is older than any deadline goes first: it was left by callers that died while no replica lived.
 */
export const addRequests = script(`
${incarnationLua()}
if ARGV[2] ~= '' then
  local present = incarnation()
  if present ~= ARGV[2] then return {'incarnation', present} end
end
local capacity = tonumber(redis.call('GET', KEYS[2]) or ARGV[1])
local room = capacity - redis.call('XLEN', KEYS[1])
if room < #ARGV - 3 then
  local now = redis.call('TIME')
  redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', now[1] * 1000 - ARGV[3]))
  room = capacity - redis.call('XLEN', KEYS[1])
end
local ids = {}
for i = 4, #ARGV do
  if room > 0 then
    ids[i - 3] = redis.call('XADD', KEYS[1], '*', 'm', ARGV[i])
    room = room - 1
  else
    ids[i - 3] = ''
  end
end
return ids`);

/** Which of the entries are gone: answered, or lost with Redis's memory. Returns their positions, from 0. */
export const missingRequests = script(`
local missing = {}
for i = 1, #ARGV do
  if #redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i]) == 0 then missing[#missing + 1] = i - 1 end
end
return missing`);

/**
 * A replica's sign of life. Makes stream and group where they are not (at first, after FLUSHALL), from the stream's beginning
 * so that nothing added before is skipped. Returns 1 when the sign came too late: the others may have taken this replica for dead.
 */
export const beat = script(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
if groups.err or #groups == 0 then redis.call('XGROUP', 'CREATE', KEYS[1], ARGV[1], '0', 'MKSTREAM') end
local mine = redis.call('HGET', KEYS[2], ARGV[2])
local late = 1
if mine and tonumber(string.match(mine, '^%d+')) >= now then late = 0 end
redis.call('HSET', KEYS[2], ARGV[2], string.format('%.0f %s', now + ARGV[4], ARGV[3]))
local total = 0
local replicas = redis.call('HGETALL', KEYS[2])
for i = 1, #replicas, 2 do
  local expires, capacity = string.match(replicas[i + 1], '^(%d+) (%d+)$')
  if tonumber(expires) < now then
    redis.call('HDEL', KEYS[2], replicas[i])
  else
    total = total + tonumber(capacity)
  end
end
if total > 0 then redis.call('SET', KEYS[3], total, 'PX', 60000) else redis.call('DEL', KEYS[3]) end
return late`);

/**
 * Takes over what replicas without a sign of life had in hand, and forgets those that had nothing. Two replicas that do this at
 * once never get the same entry. Returns {entry id, frame, times delivered} each.
 */
export const reap = script(`
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
if consumers.err then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local room = tonumber(ARGV[3])
local taken = {}
for _, consumer in ipairs(consumers) do
  local about = {}
  for i = 1, #consumer, 2 do about[consumer[i]] = consumer[i + 1] end
  local life = redis.call('HGET', KEYS[2], about.name)
  local alive = life and tonumber(string.match(life, '^%d+')) >= now
  if about.name ~= ARGV[2] and not alive then
    if about.pending == 0 then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], about.name)
    elseif room > 0 then
      for _, pending in ipairs(redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', room, about.name)) do
        local claimed = redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, pending[1])
        if claimed[1] then
          taken[#taken + 1] = {claimed[1][1], claimed[1][2][2], pending[4] + 1}
          room = room - 1
        end
      end
    end
  end
end
return taken`);

/**
 * Claims at-most-once requests for a replica, each of which may begin only those that come back as 'begin'.
 * Per request: entry id, claim's expiry, incarnation in which it was added. Per answer:
 * 'begin'; 'moved' (another replica was given it); 'begun' (a replica that is gone had begun it);
 * 'repeated' (another entry with its id came before); 'lost' (Redis may have forgotten claims since).
 */
export const claim = script(`
${incarnationLua()}
local present = incarnation()
local answers = {}
for i = 1, #KEYS - 1 do
  local entry, expires, added = ARGV[i * 3], ARGV[i * 3 + 1], ARGV[i * 3 + 2]
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], entry, entry, 1)
  if added ~= present then
    answers[i] = 'lost'
  elseif pending.err or #pending == 0 or pending[1][2] ~= ARGV[2] then
    answers[i] = 'moved'
  else
    local mine = ARGV[2] .. ' ' .. entry
    local before = redis.call('SET', KEYS[i + 1], mine, 'NX', 'GET', 'PXAT', expires)
    if not before or before == mine then
      answers[i] = 'begin'
    elseif string.sub(before, -#entry - 1) == ' ' .. entry then
      answers[i] = 'begun'
    else
      answers[i] = 'repeated'
    end
  end
end
return answers`);

/** A replica's farewell. What it still had in hand stays in the group, for the others to take. */
export const leave = script(`
redis.call('HDEL', KEYS[2], ARGV[2])
local pending = redis.pcall('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2])
if not pending.err and #pending == 0 then redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2]) end
return 1`);

/**
 * Names one life of the Redis that answers: it changes when the process restarts (with perhaps older data) and when a replica
 * is promoted (perhaps without the last writes). Within one, nothing written is ever forgotten, FLUSHALL apart.
 */
function incarnationLua(): string {
  return `local function incarnation()
  local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
  local replication = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
  return string.sub(run or '', 1, 16) .. string.sub(replication or '', 1, 16)
end`;
}

function script(lua: string): LuaScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
