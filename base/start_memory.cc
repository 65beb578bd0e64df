#include "base/start_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string_view>

namespace dst_load {
namespace {

/// Unmaps, for now, what an object maps from its file and never writes. Those pages are the file's; what the loader has
/// written (relocations) lies in writable segments, and those are left alone.
int ReturnObject(dl_phdr_info* object, std::size_t, void*) {
  const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[i];
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const std::uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    const std::uintptr_t first = begin & ~(page - 1);
    const std::uintptr_t end = (begin + segment.p_memsz + page - 1) & ~(page - 1);
    // What is refused stays as it is: nothing depends on it.
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an ELF header holds addresses as numbers.
    madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

void ReturnWhatIsLarge() {
  constexpr int kLarge = 128 << 10;  // glibc's own, which it gives up with the first that is freed
  mallopt(M_MMAP_THRESHOLD, kLarge);
}

void ReturnStartMemory() {
  malloc_trim(0);
  dl_iterate_phdr(&ReturnObject, nullptr);
}

}  // namespace dst_load
