# SPDX-License-Identifier: Apache-2.0

# hillock_link_statically(<namespace>...)
#
# Imported shared libraries of these namespaces that have an archive beside them are linked from it.
# gRPC, protobuf and abseil are some 50 libraries, of which a program uses little: linked so, calls
# between them are direct, what is used lies together, and the image holds no copy of the rest.
function(hillock_link_statically)
  list(JOIN ARGN "|" namespaces)
  get_property(targets DIRECTORY PROPERTY IMPORTED_TARGETS)
  list(FILTER targets INCLUDE REGEX "^(${namespaces})::")
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(NOT type MATCHES "^(SHARED|UNKNOWN)_LIBRARY$")
      continue()
    endif()
    get_target_property(configurations ${target} IMPORTED_CONFIGURATIONS)
    list(TRANSFORM configurations PREPEND "IMPORTED_LOCATION_")
    foreach(location IN ITEMS IMPORTED_LOCATION LISTS configurations)
      get_target_property(library ${target} ${location})
      string(REGEX REPLACE "\\.so[.0-9]*$" ".a" archive "${library}")
      if(EXISTS "${archive}")
        set_target_properties(${target} PROPERTIES ${location} "${archive}")
      endif()
    endforeach()
  endforeach()
endfunction()

# hillock_link_archive(<target> <archive> [<dependency>...])
#
# The same for a target that names its library by a flag: <archive>, if it and the target exist, and
# those dependencies of it that do.
function(hillock_link_archive target archive)
  find_library(path NAMES ${archive} NO_CACHE)
  if(NOT path OR NOT TARGET ${target})
    return()
  endif()
  foreach(dependency IN LISTS ARGN)
    if(TARGET ${dependency})
      list(APPEND path ${dependency})
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${path}")
endfunction()
