-- Asks in turn for what a file names, a form's body after a tab, and prints what load.py reads as one line of JSON.
local requests = {}
local turn = 0

function init(args)
  local lines = io.lines(args[1])
  for _ = 1, tonumber(lines()) do
    local path, body = lines():match("^([^\t]*)\t?(.*)$")
    table.insert(requests, wrk.format(body == "" and "GET" or "POST", path, nil, body ~= "" and body or nil))
  end
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local failed = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "errors": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e6, latency:percentile(99) / 1e6,
    failed.connect + failed.read + failed.write + failed.status + failed.timeout))
end
