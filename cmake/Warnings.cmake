# Warnings are for our own targets only, and errors only where a preset asks for it.
option(DST_LOAD_WERROR "Treat warnings as errors" OFF)

function(dst_load_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 sees overlap in `"-" + std::string()` when it optimises: GCC bug 105651, mended in 13.
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(DST_LOAD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
