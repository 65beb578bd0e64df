#pragma once

namespace dst_load {

/// Gives back the memory that only starting needed: what the heap holds free, and the pages of the program's and its
/// libraries' code and constants. The kernel maps those again, from its page cache, as they are used.
///
/// Thread-safe, and right at any time; worth it once a program has settled. Breakpoints and uprobes that somebody set
/// in this process are lost.
void ReturnStartMemory();

/// What is large and freed goes back to the kernel at once, instead of staying behind as a hole in the heap. At the
/// start.
void ReturnWhatIsLarge();

}  // namespace dst_load
