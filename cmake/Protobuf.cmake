# dst_load_proto(TARGET FILE...): a static library of messages and gRPC stubs, included as "proto/NAME.pb.h".
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

function(dst_load_proto target)
  set(generated)
  foreach(file ${ARGN})
    get_filename_component(name ${file} NAME_WE)
    set(out ${CMAKE_BINARY_DIR}/generated/proto/${name})
    add_custom_command(
      OUTPUT ${out}.pb.cc ${out}.pb.h ${out}.grpc.pb.cc ${out}.grpc.pb.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated
      COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR} --cpp_out=${CMAKE_BINARY_DIR}/generated
              --grpc_out=${CMAKE_BINARY_DIR}/generated --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN} proto/${file}
      DEPENDS ${CMAKE_SOURCE_DIR}/proto/${file}
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      VERBATIM)
    list(APPEND generated ${out}.pb.cc ${out}.grpc.pb.cc)
  endforeach()
  add_library(${target} STATIC ${generated})
  target_compile_features(${target} PUBLIC cxx_std_20)
  # SYSTEM: generated code does not answer to our warnings.
  target_include_directories(${target} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${target} PUBLIC gRPC::grpc++ protobuf::libprotobuf)
endfunction()
