#include "coordination/progress.h"

namespace dst_load::coordination {

std::string_view ChurnStepName(ChurnStep step) {
  switch (step) {
    case ChurnStep::kUnknown:
      return "Unknown";
    case ChurnStep::kCreating:
      return "Creating";
    case ChurnStep::kReady:
      return "Ready";
    case ChurnStep::kStable:
      return "Stable";
    case ChurnStep::kScaleUp:
      return "ScaleUp";
    case ChurnStep::kHoldMax:
      return "HoldMax";
    case ChurnStep::kScaleDown:
      return "ScaleDown";
    case ChurnStep::kHoldMin:
      return "HoldMin";
    case ChurnStep::kFinished:
      return "Finished";
    case ChurnStep::kCleaned:
      return "Cleaned";
    case ChurnStep::kFailed:
      return "Failed";
  }
  return "Unknown";
}

}  // namespace dst_load::coordination
