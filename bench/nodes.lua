-- SPDX-License-Identifier: Apache-2.0
--
-- The load for several equal nodes: each thread of wrk has a node of its own, acquires and releases what it was granted
-- there a while ago, and so on. Unlike load.lua it reads the answers, since ids are given to all nodes in turn.
-- Arguments: KEY ACCOUNTS USERS LAG
--   The accounts are AC-1 to AC-ACCOUNTS, with so many users each: those of AC-1 are US-1 to US-USERS, and so on.
--   LAG: how many sessions run, in each thread. The nodes' ports are in the variable PORTS.
local count = 0
local ports = {}

for port in string.gmatch(os.getenv("PORTS"), "%d+") do
    ports[#ports + 1] = port
end

function setup(thread)
    thread.addr = wrk.lookup("127.0.0.1", ports[count % #ports + 1])[1]
    count = count + 1
end

local headers, accounts, users, lag
local granted, first, last = {}, 1, 0

function init(args)
    headers = {["Authorization"] = "Bearer " .. args[1], ["Content-Type"] = "application/json"}
    accounts, users, lag = tonumber(args[2]), tonumber(args[3]), tonumber(args[4])
    math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
end

local function acquire()
    local account, user = math.random(accounts), math.random(users)
    local body = string.format('{"product":"KRE","user":"US-%d","machine":"%d"}', (account - 1) * users + user, account)
    return wrk.format("POST", "/v1/accounts/AC-" .. account .. "/sessions", headers, body)
end

function request()
    if last - first + 1 <= lag then
        return acquire()
    end
    local path = granted[first]
    granted[first], first = nil, first + 1
    return wrk.format("DELETE", path, headers)
end

function response(status, _, body)
    local id, state = body:match('"id":"(SN%-%d+)".-"state":"(%a+)"')
    if state == "active" then
        last = last + 1
        granted[last] = "/v1/accounts/AC-" .. body:match('"machine":"(%d+)"') .. "/sessions/" .. id
    end
end
