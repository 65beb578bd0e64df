-- Health of a LoadTest for Argo CD. See docs/gitops.md.
local status = obj.status or {}
local message = status.message or ""
local over = status.phase == "Succeeded" or status.phase == "Failed" or status.phase == "Stopped"

local function health(name, text)
  return {status = name, message = text}
end

if (status.observedGeneration or -1) < (obj.metadata.generation or 0) then
  return health("Progressing", "the operator has not looked at this version yet")
end

local annotations = obj.metadata.annotations or {}
local rerun = annotations["dst-load.dev/rerun"] or ""
if over and rerun ~= "" and rerun ~= status.rerunToken then
  for _, condition in ipairs(status.conditions or {}) do
    if condition.type == "RerunAccepted" and condition.status == "False" then
      return health("Suspended", condition.message)
    end
  end
  return health("Progressing", "a re-run is asked for and has not begun")
end

if not over then
  if status.reason == "Suspended" then
    return health("Suspended", message)
  end
  return health("Progressing", message)
end

-- A test without an end of its own is judged when it is stopped.
if status.phase == "Failed" or status.verdict == "Fail" then
  return health("Degraded", (status.reason or "Failed") .. ": " .. message)
end
return health("Healthy", message)
