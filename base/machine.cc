#include "base/machine.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace dst_load {

Machine ThisMachine() {
  Machine machine;
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    machine.cores = static_cast<std::uint64_t>(CPU_COUNT(&allowed));
  }
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_size = ::sysconf(_SC_PAGE_SIZE);
  if (pages > 0 && page_size > 0) {
    machine.memory_bytes = static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page_size);
  }
  utsname name{};
  if (::uname(&name) == 0) machine.kernel = std::string(name.sysname) + " " + name.release + " " + name.machine;
  return machine;
}

}  // namespace dst_load
