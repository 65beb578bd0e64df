# DST_LOAD_SANITIZE=address,undefined or thread: for everything that we compile.
set(DST_LOAD_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")

if(DST_LOAD_SANITIZE)
  add_compile_options(-fsanitize=${DST_LOAD_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DST_LOAD_SANITIZE})
  if(DST_LOAD_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
