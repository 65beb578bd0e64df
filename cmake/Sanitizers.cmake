# DST_LOAD_SANITIZE=address,undefined or thread: for everything that we compile.
set(DST_LOAD_SANITIZE "" CACHE STRING "Sanitizers to build with, as -fsanitize takes them")

if(DST_LOAD_SANITIZE)
  add_compile_options(-fsanitize=${DST_LOAD_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${DST_LOAD_SANITIZE})
  if(DST_LOAD_SANITIZE MATCHES "thread")
    # Debian's protobuf is built without ThreadSanitizer, and its map_field.h lays classes out differently with it: what
    # reads the macro must not see it. The standard library has one of its own.
    add_compile_options(-U__SANITIZE_THREAD__ -D_GLIBCXX_TSAN=1)
  endif()
  if(DST_LOAD_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
endif()
