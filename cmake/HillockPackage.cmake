# SPDX-License-Identifier: Apache-2.0

# What `cmake --install` puts where, and the Debian package and the tarball that `cpack` makes of it.
include(GNUInstallDirs)

install(TARGETS hillock-server hillock RUNTIME)
install(FILES LICENSE README.md SECURITY.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES server/SERVING.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES proto/inference.proto proto/health.proto proto/mlp.proto
        DESTINATION ${CMAKE_INSTALL_DATADIR}/hillock/proto)

# The models that README.md shows: folders of them, without the scripts that trained them.
install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/hillock/models
        PATTERN "*.py" EXCLUDE
        PATTERN "README.md" EXCLUDE
        PATTERN "accuracy.csv" EXCLUDE)

# For who unpacks the tarball.
install(PROGRAMS deploy/install-deps.sh DESTINATION ${CMAKE_INSTALL_DATADIR}/hillock)

set(CPACK_GENERATOR DEB TGZ)
set(CPACK_STRIP_FILES ON)
string(TOLOWER "hillock-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}"
       CPACK_PACKAGE_FILE_NAME)
set(CPACK_PACKAGE_CONTACT "The Hillock Authors <hillock@example.org>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
