# Messages and (for clients and tests) gRPC stubs from the .proto files, into one library each.
find_program(YAP_PROTOC protoc REQUIRED)
find_program(YAP_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)

# yap_proto(PROTOS a/b.proto … GRPC a/b.proto …): yap_proto has all messages, yap_proto_grpc the
# stubs of the files listed under GRPC, and ${CMAKE_BINARY_DIR}/gen/yap.protoset the descriptors of
# all with their comments (for docs/errors.md, `grpcurl -protoset` and `buf curl --schema`);
# yap_generated only writes the sources, for tools that read and do not link. Each
# file depends on all: a change to one that others import must be checked against them, and where
# the generated code stays the same ccache answers.
function(yap_proto)
  cmake_parse_arguments(ARG "" "" "PROTOS;GRPC" ${ARGN})
  set(gen ${CMAKE_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${gen})
  list(TRANSFORM ARG_PROTOS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/ OUTPUT_VARIABLE all)
  set(sources)
  foreach(proto IN LISTS ARG_PROTOS)
    string(REPLACE ".proto" "" stem ${proto})
    add_custom_command(
      OUTPUT ${gen}/${stem}.pb.cc ${gen}/${stem}.pb.h
      COMMAND ${YAP_PROTOC} -I ${CMAKE_CURRENT_SOURCE_DIR} --cpp_out=${gen} ${proto}
      DEPENDS ${all}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
      COMMENT "protoc ${proto}")
    list(APPEND sources ${gen}/${stem}.pb.cc)
  endforeach()
  add_library(yap_proto STATIC ${sources})
  target_include_directories(yap_proto SYSTEM PUBLIC ${gen})
  target_link_libraries(yap_proto PUBLIC protobuf::libprotobuf)
  set_target_properties(yap_proto PROPERTIES UNITY_BUILD OFF) # protoc gives names twice

  add_custom_command(
    OUTPUT ${gen}/yap.protoset
    COMMAND ${YAP_PROTOC} -I ${CMAKE_CURRENT_SOURCE_DIR} --include_imports --include_source_info
            --descriptor_set_out=${gen}/yap.protoset ${ARG_PROTOS}
    DEPENDS ${all}
    WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
    COMMENT "protoc yap.protoset")
  add_custom_target(yap_protoset ALL DEPENDS ${gen}/yap.protoset)

  set(stubs)
  foreach(proto IN LISTS ARG_GRPC)
    string(REPLACE ".proto" "" stem ${proto})
    add_custom_command(
      OUTPUT ${gen}/${stem}.grpc.pb.cc ${gen}/${stem}.grpc.pb.h
      COMMAND ${YAP_PROTOC} -I ${CMAKE_CURRENT_SOURCE_DIR} --grpc_out=${gen}
              --plugin=protoc-gen-grpc=${YAP_GRPC_PLUGIN} ${proto}
      DEPENDS ${all}
      WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}
      COMMENT "protoc (grpc) ${proto}")
    list(APPEND stubs ${gen}/${stem}.grpc.pb.cc)
  endforeach()
  add_library(yap_proto_grpc STATIC ${stubs})
  target_link_libraries(yap_proto_grpc PUBLIC yap_proto PkgConfig::grpcpp)
  set_target_properties(yap_proto_grpc PROPERTIES UNITY_BUILD OFF)
  add_custom_target(yap_generated DEPENDS ${sources} ${stubs})
endfunction()
