-- Health of a LoadTestSchedule for Argo CD. See docs/gitops.md.
local status = obj.status or {}

if (status.observedGeneration or -1) < (obj.metadata.generation or 0) then
  return {status = "Progressing", message = "the operator has not looked at this version yet"}
end

for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Ready" then
    if condition.status ~= "True" then
      return {status = "Degraded", message = condition.reason .. ": " .. condition.message}
    end
    if condition.reason == "Suspended" then
      return {status = "Suspended", message = condition.message}
    end
    return {status = "Healthy", message = condition.message}
  end
end
return {status = "Progressing", message = "no condition Ready yet"}
