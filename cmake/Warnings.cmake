# Warnings are for our own targets only, and errors only where a preset asks for it.
option(DST_LOAD_WERROR "Treat warnings as errors" OFF)

function(dst_load_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
  if(DST_LOAD_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
